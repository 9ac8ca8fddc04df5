import Models
import Testing

@Suite struct LearntSizeTests {
  @Test("photographs are doubted from more than twice the learnt side on, as the network sees them") func doubt() {
    let learnt = LearntSize(typicalSide: 500)
    #expect(!learnt.isExceeded(width: 1000, height: 20, maxSide: nil))
    #expect(learnt.isExceeded(width: 20, height: 1001, maxSide: nil))
    #expect(!learnt.isExceeded(width: 4000, height: 3000, maxSide: 1000))
    #expect(learnt.isExceeded(width: 4000, height: 3000, maxSide: 1200))
  }
}
