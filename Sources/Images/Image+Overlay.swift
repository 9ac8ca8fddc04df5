extension Image {
  /// The photograph with the labels' colours over it, `opacity` 0...1 of them.
  ///
  /// Labels in `skipped` show the photograph. Where two labels meet, the shown one has a light edge and the
  /// photograph beside it a dark one, so that small regions are seen on any ground; edges are one pixel wide each, and
  /// wider in large photographs. `map` has the size of the photograph.
  public func overlaid(
    with map: LabelMap, opacity: Double = 0.5, skipping skipped: Set<UInt8> = [0, Label.ignored],
    colors: ColorMap = .voc
  ) -> Image {
    precondition(map.width == width && map.height == height, "a label map covers its photograph")
    let isShown = (0...255).map { !skipped.contains(UInt8($0)) }
    let share = Float(min(max(opacity, 0), 1))
    let fills = (0...255).map { colors[UInt8($0)].vector }
    let edges = map.edges(isShown: isShown, thickness: max(1, (max(width, height) + 350) / 700))
    var result = self
    for (i, label) in map.labels.enumerated() {
      if isShown[Int(label)] { result.mix(i, with: fills[Int(label)], share: share) }
      switch edges[i] {
      case .none: break
      case .outside: result.mix(i, with: .zero, share: 0.6)
      case .inside: result.mix(i, with: Color.edge(of: fills[Int(label)]), share: 0.85)
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

extension Color {
  /// The edge of a region of a colour, `lightness` 0...1 of the way to white.
  static func edge(of color: SIMD3<Float>, lightness: Float = 0.55) -> SIMD3<Float> {
    color + (255 - color) * lightness
  }

  /// The nearest colour to three numbers.
  init(_ vector: SIMD3<Float>) {
    let bytes = SIMD3<UInt8>(
      vector.clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 255)).rounded(.toNearestOrAwayFromZero))
    self.init(bytes.x, bytes.y, bytes.z)
  }
}
