extension Image {
  /// A picture of a label map, each label in its colour.
  public init(labels map: LabelMap, colors: ColorMap = .voc) {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(map.labels.count * 3)
    for label in map.labels {
      let color = colors[label]
      pixels.append(color.red)
      pixels.append(color.green)
      pixels.append(color.blue)
    }
    self.init(width: map.width, height: map.height, pixels: pixels)
  }
}

extension Image {
  /// The photograph with the labels' colours blended over it, with an opacity of 0...1.
  ///
  /// Labels in `skipped` show the photograph. Where two labels meet, the shown one has a light edge and the photograph
  /// beside it a dark one, so that small regions are visible on any background; edges are one pixel wide each, and
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

  /// Blends pixel number `i` with a colour of opacity `share`.
  mutating func mix(_ i: Int, with color: SIMD3<Float>, share: Float) {
    for c in 0..<3 {
      let old = Float(pixels[3 * i + c])
      pixels[3 * i + c] = UInt8((old + (color[c] - old) * share).rounded(.toNearestOrAwayFromZero))
    }
  }
}

extension Color {
  /// The edge of a region of a colour, lightened by `lightness`: 0 leaves it, 1 makes it white.
  static func edge(of color: SIMD3<Float>, lightness: Float = 0.55) -> SIMD3<Float> {
    color + (255 - color) * lightness
  }

  /// The colour nearest to three channel values.
  init(_ vector: SIMD3<Float>) {
    let bytes = SIMD3<UInt8>(
      vector.clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 255)).rounded(.toNearestOrAwayFromZero))
    self.init(bytes.x, bytes.y, bytes.z)
  }
}

extension Image {
  /// The photograph with scribbles drawn on it as thick strokes in the colours of their classes.
  ///
  /// Every labelled pixel becomes a disc of `radius` pixels; where discs overlap, the nearest label is shown. Dark
  /// strokes have a light outline, light ones a dark one. `scribbles` has the size of the photograph and
  /// `Label.ignored` where nothing was drawn.
  public func drawing(scribbles: LabelMap, radius: Int = 2, colors: ColorMap = .voc) -> Image {
    precondition(scribbles.width == width && scribbles.height == height, "a scribble map covers its photograph")
    let inks = (0...255).map { colors[UInt8($0)].vector }
    var result = self
    for (i, stroke) in scribbles.strokes(radius: radius).enumerated() {
      guard let stroke else { continue }
      let ink = inks[Int(stroke.label)]
      result.mix(i, with: stroke.isOutline ? Color.outline(of: ink) : ink, share: stroke.isOutline ? 0.8 : 1)
    }
    return result
  }
}

extension Image {
  /// A picture of values of 0...1, rows from the top: from nearly black (0) over violet, red and orange to pale
  /// yellow (1), in steps that look equal.
  ///
  /// Smaller values are shown as 0, larger ones as 1, and NaN is grey.
  package init(heat: [Float], width: Int, height: Int) {
    precondition(heat.count == width * height, "a heat map needs one value per pixel")
    var pixels: [UInt8] = []
    pixels.reserveCapacity(heat.count * 3)
    let colors = HeatRamp.colors
    for value in heat {
      let color =
        value.isNaN ? HeatRamp.undefined : colors[Int((min(max(value, 0), 1) * 255).rounded(.toNearestOrAwayFromZero))]
      pixels.append(color.x)
      pixels.append(color.y)
      pixels.append(color.z)
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}

/// Colours for values of 0...1, from nearly black over violet, red and orange to pale yellow.
///
/// Their CIE lightness rises evenly from 5 to 96, so that equal steps in value look equally large, also in grey print.
enum HeatRamp {
  /// Colours at equal distances, sampled in CIELAB at constant steps of lightness.
  private static let anchors: [SIMD3<Float>] = [
    [17, 12, 42], [56, 25, 85], [112, 21, 121], [179, 0, 113], [229, 39, 92], [252, 101, 69], [255, 157, 61],
    [251, 205, 106], [251, 247, 172],
  ]

  /// The colours of 0, 1/255 ... 1.
  static let colors: [SIMD3<UInt8>] = (0..<256).map { i in
    let position = Float(i) / 255 * Float(anchors.count - 1)
    let before = min(Int(position), anchors.count - 2)
    let color = anchors[before] + (anchors[before + 1] - anchors[before]) * (position - Float(before))
    return SIMD3<UInt8>(color.rounded(.toNearestOrAwayFromZero))
  }

  /// The colour of NaN.
  static let undefined: SIMD3<UInt8> = [128, 128, 128]
}

extension Image {
  /// A grid of pictures, with `gap` grey pixels between them and at the border.
  ///
  /// All have the same size. A row with fewer pictures than another is filled with grey.
  package init(grid rows: [[Image]], gap: Int = 4) {
    precondition(gap >= 0, "a gap is not below 0")
    let cells = rows.joined()
    guard let first = cells.first else { preconditionFailure("a grid has at least one picture") }
    let (width, height) = (first.width, first.height)
    precondition(cells.allSatisfy { $0.width == width && $0.height == height }, "the pictures of a grid have one size")
    let columns = rows.reduce(0) { max($0, $1.count) }
    let (wide, high) = (gap + columns * (width + gap), gap + rows.count * (height + gap))
    // Neither black nor white, the colours of background and ignored pixels in label maps.
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
