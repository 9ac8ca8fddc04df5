extension Image {
  /// A colour of a picture and its meaning.
  package struct LegendEntry: Sendable, Equatable {
    package var name: String
    package var color: Color

    package init(_ name: String, _ color: Color) {
      self.name = name
      self.color = color
    }
  }

  /// The picture with a legend in the corner where it hides the least of what `map` shows.
  ///
  /// Its letters scale with the picture. Where not all entries fit, the last ones are replaced by their number; a
  /// picture too small for letters is returned unchanged. `map` has the picture's size.
  package func adding(legend entries: [LegendEntry], sparing map: LabelMap) -> Image {
    precondition(map.width == width && map.height == height, "a label map covers its photograph")
    let scale = max(1, Float(max(width, height)) / 330)
    let room = (width: Int(Float(width) / scale) - 8, height: Int(Float(height) / scale) * 2 / 5)
    guard let panel = LegendPanel(entries, width: room.width, height: room.height) else { return self }
    let size = (width: Int(Float(panel.width) * scale), height: Int(Float(panel.height) * scale))
    let margin = Int(4 * scale)
    let corners = [height - margin - size.height, margin].flatMap { top in
      [margin, width - margin - size.width].map { (left: $0, top: top) }
    }
    func hidden(_ corner: (left: Int, top: Int)) -> Int {
      (corner.top..<corner.top + size.height).reduce(0) { sum, y in
        let row = map.labels[y * width + corner.left..<y * width + corner.left + size.width]
        return sum + row.count { $0 != 0 && $0 != Label.ignored }
      }
    }
    let costs = corners.map(hidden)
    guard let best = costs.indices.min(by: { costs[$0] < costs[$1] }) else { return self }
    var result = self
    for y in 0..<size.height {
      for x in 0..<size.width {
        let i = (corners[best].top + y) * width + corners[best].left + x
        let (color, share) = panel.color((Float(x) + 0.5) / scale, (Float(y) + 0.5) / scale, scale: scale)
        result.mix(i, with: .zero, share: 0.66)
        if share > 0 { result.mix(i, with: color, share: share) }
      }
    }
    return result
  }
}

/// The layout of a legend's entries; lengths are in dots of its letters.
private struct LegendPanel {
  private struct Item {
    let lettering: Lettering
    /// Nil for words without a swatch.
    let color: SIMD3<Float>?

    var width: Int { lettering.width + (color == nil ? 0 : LegendPanel.indent) }
  }

  private static let swatch = 8
  private static let indent = 12
  private static let padding = 5
  private static let gap = 10
  private static let line = Lettering.height

  private var items: [(item: Item, left: Int, top: Int)] = []
  private(set) var width = 0
  private(set) var height = 0

  /// Lines of entries from left to right; nil where not even one entry fits in this number of dots.
  init?(_ entries: [Image.LegendEntry], width limit: Int, height most: Int) {
    for count in stride(from: entries.count, to: 0, by: -1) {
      var items = entries.prefix(count).map {
        Item(lettering: Lettering($0.name.shortClassName), color: $0.color.vector)
      }
      if count < entries.count { items.append(Item(lettering: Lettering("+\(entries.count - count)"), color: nil)) }
      arrange(items, limit - 2 * Self.padding)
      if width <= limit && height <= most { return }
    }
    return nil
  }

  private mutating func arrange(_ items: [Item], _ limit: Int) {
    self.items = []
    var (left, top, widest) = (0, 0, 0)
    for item in items {
      if left > 0 && left + item.width > limit { (left, top) = (0, top + Self.line) }
      self.items.append((item, Self.padding + left, Self.padding + top))
      widest = max(widest, left + item.width)
      left += item.width + Self.gap
    }
    (width, height) = (widest + 2 * Self.padding, top + Self.line + 2 * Self.padding - 2)
  }

  /// The colour at a point, and its opacity, 0...1.
  func color(_ x: Float, _ y: Float, scale: Float) -> (SIMD3<Float>, Float) {
    for (item, left, top) in items {
      let (u, v) = (x - Float(left), y - Float(top))
      guard v >= 0 && v < Float(Self.line) && u >= 0 && u < Float(item.width) else { continue }
      guard let color = item.color else {
        return (SIMD3(repeating: 255), item.lettering.ink(u, v, scale: scale))
      }
      if u >= Float(Self.indent) {
        return (SIMD3(repeating: 255), item.lettering.ink(u - Float(Self.indent), v, scale: scale))
      }
      // The swatch is as high as the capitals and half a dot more on each side, with a light border of one dot.
      let w = v - Float(Glyph.above) + 0.5
      let side = Float(Self.swatch)
      guard w >= 0 && w < side && u < side else { return (.zero, 0) }
      let isBorder = min(u, w, side - u, side - w) < 1
      return (isBorder ? SIMD3(repeating: 235) : color, 1)
    }
    return (.zero, 0)
  }
}

extension String {
  /// The name of a class as a picture shows it: names come from files, and a long one must not displace the others.
  package var shortClassName: String { count <= 24 ? self : "\(prefix(23))…" }
}
