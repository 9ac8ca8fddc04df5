import Losses
import Tensors
import Testing

@Suite("Labels on a coarser grid")
struct ReducedLabelsTests {
  @Test("a square has its scribbled class, else it is unlabelled, and ignored where all of it is padding")
  func squares() throws {
    let labels: [Int64] = [
      3, 3, 3, 255, 255, 255,
      3, 1, 3, 255, 255, 255,
      0, 2, 0, 255, 3, 3,
      3, 3, 255, 255, 3, 3,
    ]
    let reduced = try reducedLabels(Tensor(labels, [1, 4, 6]), classCount: 3, side: 2)
    #expect(reduced.shape == [1, 2, 3])
    #expect(try reduced.int64s() == [1, 3, 255, 2, 0, 3])
    #expect(try reducedLabels(Tensor(labels, [1, 4, 6]), classCount: 3, side: 1).int64s() == labels)
  }
}
