extension Image {
  /// A picture of pictures in rows, `gap` grey pixels apart and as far from the border.
  ///
  /// All have one size. A row with fewer pictures than another ends in grey.
  public init(grid rows: [[Image]], gap: Int = 4) {
    precondition(gap >= 0, "a gap is not below 0")
    let cells = rows.joined()
    guard let first = cells.first else { preconditionFailure("a grid has at least one picture") }
    let (width, height) = (first.width, first.height)
    precondition(cells.allSatisfy { $0.width == width && $0.height == height }, "the pictures of a grid have one size")
    let columns = rows.reduce(0) { max($0, $1.count) }
    let (wide, high) = (gap + columns * (width + gap), gap + rows.count * (height + gap))
    // Neither black nor white, which background and ignored pixels of label maps are.
    var pixels = [UInt8](repeating: 128, count: wide * high * 3)
    for (row, images) in rows.enumerated() {
      for (column, image) in images.enumerated() {
        for y in 0..<height {
          let target = ((gap + row * (height + gap) + y) * wide + gap + column * (width + gap)) * 3
          let source = y * width * 3
          pixels.replaceSubrange(target..<target + width * 3, with: image.pixels[source..<source + width * 3])
        }
      }
    }
    self.init(width: wide, height: high, pixels: pixels)
  }
}
