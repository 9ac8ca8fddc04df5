/// A line of text as a grid of dots, which can be drawn at any size.
struct Lettering {
  /// Rows from the highest accent to the lowest descender.
  static let height = Glyph.above + Glyph.below

  let width: Int
  /// `height * width`, rows from the top: 1 where there is a dot, 0 elsewhere.
  private let dots: [Float]

  init(_ text: String) {
    let glyphs = Glyph.glyphs(of: text)
    // One empty column between letters.
    width = max(glyphs.reduce(0) { $0 + $1.width + 1 } - 1, 1)
    var dots = [Float](repeating: 0, count: width * Self.height)
    var left = 0
    for glyph in glyphs {
      for row in 0..<Self.height {
        for column in 0..<glyph.width where glyph.hasDot(column, row - Glyph.above) {
          dots[row * width + left + column] = 1
        }
      }
      left += glyph.width + 1
    }
    self.dots = dots
  }

  /// How much ink, 0...1, is at a place that is given in dots; `scale` is the size of a dot in pixels.
  ///
  /// Between the middles of dots ink is interpolated and cut off at nearly half, which rounds corners and joins diagonals.
  func ink(_ x: Float, _ y: Float, scale: Float) -> Float {
    let (column, row) = (x - 0.5, y - 0.5)
    let (left, top) = (Int(column.rounded(.down)), Int(row.rounded(.down)))
    let (right, bottom) = (column - Float(left), row - Float(top))
    let upper = dot(left, top) * (1 - right) + dot(left + 1, top) * right
    let lower = dot(left, top + 1) * (1 - right) + dot(left + 1, top + 1) * right
    let value = upper * (1 - bottom) + lower * bottom
    return min(max((value - 0.42) * max(scale, 1.2) + 0.5, 0), 1)
  }

  private func dot(_ column: Int, _ row: Int) -> Float {
    0..<width ~= column && 0..<Self.height ~= row ? dots[row * width + column] : 0
  }
}
