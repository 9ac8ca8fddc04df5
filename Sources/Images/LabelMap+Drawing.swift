extension LabelMap {
  /// A pixel's relation to the lines around regions.
  enum Edge: UInt8 {
    case none
    /// Beside a shown region, outside of it.
    case outside
    /// In a shown region, at its edge.
    case inside
  }

  /// The lines around the regions of shown labels, `thickness` pixels on each side of their edges.
  ///
  /// Where two shown regions meet, both have their line inside. `isShown` has 256 elements.
  func edges(isShown: [Bool], thickness: Int = 1) -> [Edge] {
    precondition(isShown.count == 256, "each label is shown or not")
    let far = UInt8(min(max(thickness, 1), 100))
    // Number of steps to the nearest pixel at an edge, up to `far`.
    var steps = [UInt8](repeating: far, count: labels.count)
    for y in 0..<height {
      for x in 0..<width {
        let label = labels[y * width + x]
        let isEdge =
          isShown[Int(label)] ? meets(x, y) { $0 != label } : meets(x, y) { isShown[Int($0)] }
        if isEdge { steps[y * width + x] = 0 }
      }
    }
    if far > 1 { spread(&steps) }
    return zip(labels, steps).map { label, steps in steps == far ? .none : isShown[Int(label)] ? .inside : .outside }
  }

  /// Lowers each number of steps to at most one more than that of its neighbours.
  private func spread(_ steps: inout [UInt8]) {
    for y in 0..<height {
      for x in 0..<width {
        let i = y * width + x
        if x > 0 { steps[i] = min(steps[i], steps[i - 1] + 1) }
        if y > 0 { steps[i] = min(steps[i], steps[i - width] + 1) }
      }
    }
    for y in (0..<height).reversed() {
      for x in (0..<width).reversed() {
        let i = y * width + x
        if x + 1 < width { steps[i] = min(steps[i], steps[i + 1] + 1) }
        if y + 1 < height { steps[i] = min(steps[i], steps[i + width] + 1) }
      }
    }
  }

  /// Whether one of the four neighbours of a pixel has such a label.
  @inline(__always)
  private func meets(_ x: Int, _ y: Int, where isSuch: (UInt8) -> Bool) -> Bool {
    let i = y * width + x
    return x > 0 && isSuch(labels[i - 1]) || x + 1 < width && isSuch(labels[i + 1])
      || y > 0 && isSuch(labels[i - width]) || y + 1 < height && isSuch(labels[i + width])
  }
}

extension LabelMap {
  /// What a thick stroke draws on a pixel: its label, as the stroke itself or as its outline.
  struct Stroke: Equatable {
    let label: UInt8
    let isOutline: Bool
  }

  /// The stroke that covers each pixel, nil where none does.
  ///
  /// Every labelled pixel becomes a disc of `radius` pixels with a rim of one pixel; where discs overlap, the nearest
  /// label is shown.
  func strokes(radius: Int) -> [Stroke?] {
    var cover = [Stroke?](repeating: nil, count: labels.count)
    let marks = labels.indices.filter { labels[$0] != Label.ignored }
    // Discs grow from the rim inwards.
    for offset in LabelMap.disc(radius: radius) {
      for i in marks {
        let (x, y) = (i % width + offset.x, i / width + offset.y)
        guard x >= 0 && x < width && y >= 0 && y < height else { continue }
        cover[y * width + x] = Stroke(label: labels[i], isOutline: offset.isRim)
      }
    }
    return cover
  }

  /// The offsets of a disc and of the one-pixel rim around it, the outermost first.
  private static func disc(radius: Int) -> [(x: Int, y: Int, isRim: Bool)] {
    let reach = max(radius, 0) + 1
    func square(ofRadius radius: Int) -> Int { radius * radius + radius / 2 }
    var offsets: [(x: Int, y: Int, square: Int)] = []
    for y in -reach...reach {
      for x in -reach...reach where x * x + y * y <= square(ofRadius: reach) { offsets.append((x, y, x * x + y * y)) }
    }
    let inside = square(ofRadius: reach - 1)
    return offsets.sorted { $0.square > $1.square }.map { (x: $0.x, y: $0.y, isRim: $0.square > inside) }
  }
}

extension Color {
  /// The outline of a stroke of a colour: light around dark ones, dark around light ones.
  static func outline(of ink: SIMD3<Float>) -> SIMD3<Float> {
    let brightness = (ink * [0.299, 0.587, 0.114]).sum()
    return SIMD3(repeating: brightness < 140 ? 255 : 20)
  }
}
