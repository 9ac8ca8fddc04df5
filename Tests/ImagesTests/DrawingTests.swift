import Foundation
import Images
import Testing

private let ground: UInt8 = 100

extension Image {
  /// A photograph of one grey.
  fileprivate init(grey width: Int, _ height: Int) {
    self.init(width: width, height: height, pixels: Array(repeating: ground, count: width * height * 3))
  }

  fileprivate func color(_ x: Int, _ y: Int) -> [UInt8] {
    let i = (y * width + x) * 3
    return Array(pixels[i..<i + 3])
  }
}

@Suite struct OverlayTests {
  /// A 7 x 7 square of class 1 in the middle of 13 x 13 background.
  private var map: LabelMap {
    var map = LabelMap(width: 13, height: 13, filledWith: 0)
    for y in 3..<10 { for x in 3..<10 { map.labels[y * 13 + x] = 1 } }
    return map
  }

  @Test("inside a region the class colour is mixed in by the opacity")
  func inside() {
    #expect(Image(grey: 13, 13).overlaid(with: map, opacity: 0.5).color(6, 6) == [114, 50, 50])
    #expect(Image(grey: 13, 13).overlaid(with: map, opacity: 1).color(6, 6) == [128, 0, 0])
  }

  @Test("background away from a region is the photograph")
  func background() { #expect(Image(grey: 13, 13).overlaid(with: map).color(0, 6) == [ground, ground, ground]) }

  @Test("the edge is light inside the region and dark beside it")
  func edge() {
    let image = Image(grey: 13, 13).overlaid(with: map)
    #expect(image.color(3, 6)[0] > 150 && image.color(3, 6)[1] > 100)
    #expect(image.color(2, 6) == [40, 40, 40])
  }

  @Test("edges grow with the photograph")
  func largeEdge() {
    var map = LabelMap(width: 1400, height: 40, filledWith: 0)
    for y in 0..<40 { for x in 700..<1400 { map.labels[y * 1400 + x] = 1 } }
    let image = Image(grey: 1400, 40).overlaid(with: map)
    let inside = image.color(710, 20)
    #expect((697...702).map { image.color($0, 20) == [40, 40, 40] } == [false, true, true, false, false, false])
    #expect((700...703).map { image.color($0, 20) == inside } == [false, false, true, true])
  }

  @Test("a region of one pixel changes five pixels")
  func smallRegion() {
    var map = LabelMap(width: 5, height: 5, filledWith: 0)
    map.labels[12] = 7
    let image = Image(grey: 5, 5).overlaid(with: map)
    let changed = (0..<25).filter { image.color($0 % 5, $0 / 5) != [ground, ground, ground] }
    #expect(changed == [7, 11, 12, 13, 17])
  }

  @Test("with nothing skipped the background is covered too")
  func nothingSkipped() {
    let image = Image(grey: 13, 13).overlaid(with: map, opacity: 1, skipping: [])
    #expect(image.color(0, 6) == [0, 0, 0])
  }

  @Test("a map of the ignored label leaves the photograph as it is")
  func ignored() {
    let image = Image(grey: 4, 4)
    #expect(image.overlaid(with: LabelMap(width: 4, height: 4, filledWith: Label.ignored)) == image)
  }
}

@Suite struct ScribbleDrawingTests {
  private func drawing(_ label: UInt8, radius: Int, at x: Int = 8) -> Image {
    var scribbles = LabelMap(width: 17, height: 17, filledWith: Label.ignored)
    scribbles.labels[8 * 17 + x] = label
    return Image(grey: 17, 17).drawing(scribbles: scribbles, radius: radius)
  }

  @Test("a labelled pixel becomes a disc of the class colour with a light rim")
  func disc() {
    let image = drawing(1, radius: 3)
    for x in 5...11 { #expect(image.color(x, 8) == [128, 0, 0], "column \(x)") }
    #expect(image.color(4, 8) == [224, 224, 224] && image.color(12, 8) == [224, 224, 224])
    #expect(image.color(3, 8) == [ground, ground, ground])
    #expect(image.color(4, 4) == [ground, ground, ground])
  }

  @Test("background has its own colour too, and a light colour a dark rim")
  func background() {
    #expect(drawing(0, radius: 2).color(8, 8) == [0, 0, 0])
    var scribbles = LabelMap(width: 17, height: 17, filledWith: Label.ignored)
    scribbles.labels[8 * 17 + 8] = 0
    let image = Image(grey: 17, 17).drawing(scribbles: scribbles, radius: 2, colors: .bright)
    #expect(image.color(8, 8) == [205, 208, 212])
    #expect(image.color(11, 8) == [36, 36, 36])
  }

  @Test("a disc at the border is cut off by it")
  func border() {
    let image = drawing(1, radius: 3, at: 0)
    #expect(image.color(0, 8) == [128, 0, 0] && image.color(16, 8) == [ground, ground, ground])
    #expect(image.color(16, 7) == [ground, ground, ground])
  }

  @Test("between two scribbles every pixel takes the nearer one's class")
  func nearer() {
    var scribbles = LabelMap(width: 9, height: 1, filledWith: Label.ignored)
    (scribbles.labels[2], scribbles.labels[5]) = (1, 2)
    let image = Image(grey: 9, 1).drawing(scribbles: scribbles, radius: 2)
    #expect((0...7).map { image.color($0, 0)[0] == 128 } == [true, true, true, true, false, false, false, false])
    #expect(image.color(4, 0) == [0, 128, 0])
  }

  @Test("without scribbles the photograph stays as it is")
  func none() {
    let image = Image(grey: 4, 4)
    #expect(image.drawing(scribbles: LabelMap(width: 4, height: 4, filledWith: Label.ignored)) == image)
  }
}

@Suite struct HeatMapTests {
  @Test("ends, values beyond them and what is no number have the documented colours")
  func ends() {
    let image = Image(heat: [0, 1, -5, .infinity, .nan], width: 5, height: 1)
    #expect(image.color(0, 0) == [17, 12, 42] && image.color(1, 0) == [251, 247, 172])
    #expect(image.color(2, 0) == image.color(0, 0) && image.color(3, 0) == image.color(1, 0))
    #expect(image.color(4, 0) == [128, 128, 128])
  }

  @Test("perceived lightness rises with the value, by nearly equal steps")
  func lightness() {
    let image = Image(heat: (0..<17).map { Float($0) / 16 }, width: 17, height: 1)
    let steps: [Double] = (0..<17).map { lightness(of: image.color($0, 0)) }
    for (low, high) in zip(steps, steps.dropFirst()) {
      #expect(high - low > 3.5 && high - low < 8, "\(steps)")
    }
  }

  /// CIE lightness, 0...100, of an sRGB colour.
  private func lightness(of color: [UInt8]) -> Double {
    let linear = color.map { value in
      let share = Double(value) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    let brightness = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return brightness <= 0.008856 ? 903.3 * brightness : 116 * pow(brightness, 1.0 / 3) - 16
  }
}

@Suite struct GridTests {
  /// A picture of 2 x 1 pixels whose bytes tell where it comes from.
  private func picture(_ number: UInt8) -> Image {
    Image(width: 2, height: 1, pixels: (0..<6).map { number * 10 + $0 })
  }

  @Test("pictures lie in their rows and columns, grey between them and around them")
  func places() {
    let grid = Image(grid: [[picture(1), picture(2)], [picture(3), picture(4)]], gap: 1)
    #expect(grid.width == 7 && grid.height == 5)
    let grey: [UInt8] = [128, 128, 128]
    let line = [[UInt8]](repeating: grey, count: 7)
    let first = [grey, picture(1).pixels, grey, picture(2).pixels, grey]
    let second = [grey, picture(3).pixels, grey, picture(4).pixels, grey]
    let expected = [line, first, line, second, line].joined().joined()
    #expect(grid.pixels == Array(expected))
  }

  @Test("a shorter row ends in grey")
  func shortRow() {
    let grid = Image(grid: [[picture(1)], [], [picture(2), picture(3)]], gap: 0)
    #expect(grid.width == 4 && grid.height == 3)
    let grey = [UInt8](repeating: 128, count: 18)
    let expected = [picture(1).pixels, grey, picture(2).pixels, picture(3).pixels].joined()
    #expect(grid.pixels == Array(expected))
  }

  @Test("a grid of one picture without a gap is that picture")
  func single() { #expect(Image(grid: [[picture(7)]], gap: 0) == picture(7)) }
}

@Suite struct LabelPictureTests {
  @Test("every label has its colour of PASCAL VOC, the ignored one white")
  func colors() {
    let image = Image(labels: LabelMap(width: 2, height: 2, labels: [0, 1, 20, Label.ignored]))
    #expect(image == Image(width: 2, height: 2, pixels: [0, 0, 0, 128, 0, 0, 0, 64, 128, 255, 255, 255]))
  }
}
