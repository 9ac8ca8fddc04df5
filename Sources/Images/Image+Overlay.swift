extension Image {
  /// The photograph with the labels' colours over it, `opacity` 0...1 of them.
  ///
  /// Labels in `skipped` show the photograph. Where two labels meet, the shown one has a light edge and the
  /// photograph beside it a dark one, one pixel each, so that small regions are seen on any ground.
  /// `map` has the size of the photograph.
  public func overlaid(
    with map: LabelMap, opacity: Double = 0.5, skipping skipped: Set<UInt8> = [0, Label.ignored],
    colors: ColorMap = .voc
  ) -> Image {
    precondition(map.width == width && map.height == height, "a label map covers its photograph")
    let isSkipped = (0...255).map { skipped.contains(UInt8($0)) }
    let share = Float(min(max(opacity, 0), 1))
    var result = self
    for y in 0..<height {
      for x in 0..<width {
        let i = y * width + x
        let label = map.labels[i]
        let meetsOther = map.meets(x, y) { $0 != label }
        if isSkipped[Int(label)] {
          if meetsOther && map.meets(x, y, where: { !isSkipped[Int($0)] }) {
            result.mix(i, with: .zero, share: 0.6)
          }
        } else {
          let color = colors.vector(label)
          result.mix(i, with: color, share: share)
          if meetsOther { result.mix(i, with: color + (255 - color) * 0.55, share: 0.85) }
        }
      }
    }
    return result
  }

  /// Moves pixel number `i` towards a colour by `share` of the way.
  mutating func mix(_ i: Int, with color: SIMD3<Float>, share: Float) {
    for c in 0..<3 {
      let old = Float(pixels[3 * i + c])
      pixels[3 * i + c] = UInt8((old + (color[c] - old) * share).rounded(.toNearestOrAwayFromZero))
    }
  }
}

extension ColorMap {
  /// Red, green and blue of a label, 0...255.
  func vector(_ label: UInt8) -> SIMD3<Float> {
    let color = self[label]
    return [Float(color.red), Float(color.green), Float(color.blue)]
  }
}

extension LabelMap {
  /// Whether one of the four neighbours of a pixel has such a label.
  @inline(__always)
  fileprivate func meets(_ x: Int, _ y: Int, where isSuch: (UInt8) -> Bool) -> Bool {
    let i = y * width + x
    return x > 0 && isSuch(labels[i - 1]) || x + 1 < width && isSuch(labels[i + 1])
      || y > 0 && isSuch(labels[i - width]) || y + 1 < height && isSuch(labels[i + width])
  }
}
