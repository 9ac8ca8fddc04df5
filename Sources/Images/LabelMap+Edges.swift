extension LabelMap {
  /// What a pixel is to the lines around regions.
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
    // Steps to the nearest pixel at an edge, up to `far`.
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

  /// Lowers each number of steps to what its neighbours allow.
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
