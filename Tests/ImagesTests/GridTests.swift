import Images
import Testing

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
