import Images
import Testing

@Suite struct ShrinkingTests {
  @Test("a pixel is the mean of the area that it stands for, in parts of pixels too")
  func mean() {
    let image = Image(width: 3, height: 1, pixels: [0, 0, 0, 90, 90, 90, 240, 240, 240])
    // (0 + 90 / 2) / 1.5 and (90 / 2 + 240) / 1.5.
    #expect(image.shrunk(width: 2, height: 1).pixels == [30, 30, 30, 190, 190, 190])
    #expect(image.shrunk(width: 1, height: 1).pixels == [110, 110, 110])
    #expect(image.shrunk(width: 3, height: 1) == image)
  }

  @Test("one colour stays that colour at any size", arguments: [1, 2, 7, 30, 61])
  func constant(side: Int) {
    let image = Image(width: 61, height: 67, pixels: Array(repeating: 137, count: 3 * 61 * 67))
    #expect(image.shrunk(width: side, height: side).pixels.allSatisfy { $0 == 137 })
  }

  @Test("a size keeps its shape and never grows")
  func size() {
    let image = Image(width: 400, height: 300, pixels: Array(repeating: 0, count: 360_000))
    #expect(image.size(within: 200) == (200, 150))
    #expect(image.size(within: 900) == (400, 300))
    let line = Image(width: 4000, height: 1, pixels: Array(repeating: 0, count: 12_000))
    #expect(line.size(within: 480) == (480, 1))
  }

  @Test("strokes of one pixel stay whole")
  func strokes() {
    var map = LabelMap(width: 90, height: 90, filledWith: Label.ignored)
    for i in 0..<90 { map.labels[i * 90 + i] = 2 }
    let small = map.shrunkKeepingStrokes(width: 13, height: 13)
    #expect((0..<13).allSatisfy { small.labels[$0 * 13 + $0] == 2 })
    #expect(map.shrunk(width: 9, height: 9).labels.count { $0 == 2 } == 9)
  }
}
