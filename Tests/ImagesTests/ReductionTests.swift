import Images
import Testing

@Suite struct ReductionTests {
  @Test("the longer side is brought down to the limit, the other in proportion") func size() {
    #expect(Reduction(width: 4000, height: 3000, toSide: 640).map { [$0.width, $0.height] } == [640, 480])
    #expect(Reduction(width: 3, height: 1000, toSide: 64).map { [$0.width, $0.height] } == [1, 64])
    #expect(Reduction(width: 64, height: 20, toSide: 64) == nil)
    #expect(Reduction(width: 64, height: 20, toSide: nil) == nil)
  }

  @Test("a pixel is the mean of the area that it covers") func mean() {
    // Two by two at a half; at two thirds the middle pixel is shared by both.
    let even = Image(width: 128, height: 64) { x, y in UInt8((x % 2) * 100 + (y % 2) * 50) }
    #expect(even.reduced(toSide: 64) == Image(width: 64, height: 32) { _, _ in 75 })
    let thirds = Image(width: 96, height: 1) { x, _ in [30, 90, 150][x % 3] }
    #expect(thirds.reduced(toSide: 64) == Image(width: 64, height: 1) { x, _ in [50, 130][x % 2] })
  }

  @Test("a fine pattern becomes its mean, not a coarser pattern") func aliasing() {
    let stripes = Image(width: 1000, height: 200) { x, _ in x % 2 == 0 ? 0 : 255 }
    func spread(_ image: Image) -> UInt8 { (image.pixels.max() ?? 0) - (image.pixels.min() ?? 0) }
    #expect(spread(stripes.reduced(toSide: 142)) < 40)
    #expect(spread(stripes.resizedCubic(by: 0.142)) > 200)
  }

  @Test("a picture that is small enough stays as it is") func small() {
    let image = Image(width: 64, height: 3) { x, y in UInt8(x + y) }
    #expect(image.reduced(toSide: 64) == image && image.reduced(toSide: nil) == image)
    let map = LabelMap(width: 64, height: 3, filledWith: 7)
    #expect(map.reduced(toSide: 64, keepingStrokes: true) == map)
  }

  @Test("a stroke of one pixel stays a stroke without a gap", arguments: [65, 100, 127, 128, 500, 997])
  func stroke(side: Int) {
    for line in [0, 1, side / 2, side - 1] {
      var map = LabelMap(width: side, height: side, filledWith: Label.ignored)
      for i in 0..<side { map.labels[line * side + i] = 3 }
      let reduced = map.reduced(toSide: 64, keepingStrokes: true)
      let rows = (0..<64).filter { row in reduced.labels[row * 64..<(row + 1) * 64].allSatisfy { $0 == 3 } }
      #expect(rows.count == 1)
      #expect(reduced.labels.count { $0 != Label.ignored } == 64)
    }
  }

  @Test("of several labels the one with most pixels stays, of as many the lowest") func majority() {
    let labels: [UInt8] = [2, 2, 1, 255, 255, 255, 5, 4, 1, 2, 255, 255, 255, 9, 4, 5]
    var map = LabelMap(width: 128, height: 2, filledWith: 0)
    for x in 0..<8 {
      map.labels[x] = labels[x]
      map.labels[128 + x] = labels[8 + x]
    }
    #expect(Array(map.reduced(toSide: 64, keepingStrokes: true).labels.prefix(4)) == [2, 1, 9, 4])
    #expect(Array(map.reduced(toSide: 64, keepingStrokes: false).labels.prefix(4)) == [2, 255, 255, 4])
  }
}

extension Image {
  /// A grey picture by its columns and rows.
  fileprivate init(width: Int, height: Int, _ grey: (Int, Int) -> UInt8) {
    let pixels = (0..<width * height).flatMap { Array(repeating: grey($0 % width, $0 / width), count: 3) }
    self.init(width: width, height: height, pixels: pixels)
  }
}

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
