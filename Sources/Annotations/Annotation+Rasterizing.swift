import Files
import Images

/// The names under which annotations may mention each class.
package struct ClassTags: Sendable, Equatable {
  /// Label of every accepted name.
  package let labels: [String: UInt8]

  /// Tags in class order from 0; `aliases`, also in class order, are accepted where they clash with no tag.
  package init(_ tags: [String], aliases: [String] = []) {
    precondition(max(tags.count, aliases.count) <= Int(UInt8.max), "a label is one byte and 255 is not a class")
    var labels: [String: UInt8] = [:]
    for names in [tags, aliases] {
      for (label, name) in zip(UInt8.min..., names) where labels[name] == nil { labels[name] = label }
    }
    self.labels = labels
  }

  /// Label of `tag`, or nil when no class has that name.
  package subscript(tag: String) -> UInt8? { labels[tag] }

  /// The known tag that was probably meant by `tag`; nil where none is similar.
  package func nearest(to tag: String) -> String? { Files.nearest(to: tag, among: labels.keys.sorted()) }
}

extension Annotation {
  /// The annotation as a label map: the bitmap, or `Label.ignored` everywhere, with the marks drawn over it (Method,
  /// Scribbles).
  ///
  /// - A line moves points outside the photograph to its border. Two points with m = max(|dr|, |dc|) > 1 are joined by
  ///   the pixels (floor(r + i dr / m), floor(c + i dc / m)) for i in 0..<m and the end point. Each of these pixels is
  ///   drawn as a disc of the line's width; that of width 1 is the pixel itself. A line of one point is one disc.
  /// - A dot is a line of one point, 2 radius + 1 pixels wide.
  /// - A disc of w pixels across holds the pixels whose centres are at most w / 2 from its own centre, which is the
  ///   centre of its pixel where w is odd, and the upper left corner of its pixel where w is even.
  /// - A region holds the pixels whose centres are inside its polygon by the even-odd rule, or on its outline. Corners
  ///   outside the photograph stay where they are.
  ///
  /// Throws when a tag is no class, and when there are more marks than anybody draws by hand.
  package func rasterized(_ tags: ClassTags) throws(FileError) -> LabelMap {
    var map = bitmap ?? LabelMap(width: width, height: height, filledWith: Label.ignored)
    var work = 0.0
    for mark in marks {
      guard let label = tags[mark.tag] else { throw unknownTag(mark, tags) }
      work += self.work(mark.shape)
      guard work <= Double(Annotation.mostDrawn) else {
        throw .invalid(path, "holds marks of more than \(Annotation.mostDrawn) pixels in all")
      }
      switch mark.shape {
      case .line(let points, let width): map.draw(points, Brush(lineWidth(width)), label)
      case .dot(let point, let radius): map.draw([point], Brush(diameter(radius)), label)
      case .region(let corners): map.fill(corners, label)
      }
    }
    return map
  }

  /// Far more than anybody draws by hand, and still rasterised in a few seconds.
  private static let mostDrawn = 1 << 28

  /// Approximate number of pixels that drawing a shape visits.
  private func work(_ shape: Mark.Shape) -> Double {
    func disc(_ diameter: Int) -> Double { Double(min(diameter, width)) * Double(min(diameter, height)) }
    switch shape {
    case .dot(_, let radius): return disc(diameter(radius))
    case .line(let points, let penWidth):
      let ends = points.map { $0.clamped(width, height) }
      let lengths = zip(ends, ends.dropFirst()).map { max(abs($1.x - $0.x), abs($1.y - $0.y)) + 1 }
      return Double(lengths.reduce(1, +)) * disc(lineWidth(penWidth))
    case .region(let corners):
      let (columns, rows) = (corners.map(\.x), corners.map(\.y))
      guard let left = columns.min(), let right = columns.max(), let top = rows.min(), let bottom = rows.max() else {
        return 0
      }
      // Every edge is crossed in each of its rows.
      let crossings = corners.outline.reduce(corners.count) {
        $0 + abs($1.to.clamped(width, height).y - $1.from.clamped(width, height).y)
      }
      return Double(crossings) + Double(min(right - left + 1, width)) * Double(min(bottom - top + 1, height))
    }
  }

  /// The width of a line: at least 1, and no more than covers the photograph from anywhere.
  private func lineWidth(_ width: Int) -> Int { min(max(width, 1), widest) }

  /// The diameter of a dot, with the same bound.
  private func diameter(_ radius: Int) -> Int { min(max(radius, 0), widest / 2) * 2 + 1 }

  private var widest: Int { 2 * (width + height) }

  private func unknownTag(_ mark: Mark, _ tags: ClassTags) -> FileError {
    let line = mark.line > 0 ? "line \(mark.line): " : ""
    let hint = tags.nearest(to: mark.tag).map { "; the nearest known tag is \"\($0)\"" } ?? ""
    return .invalid(path, "\(line)the tag \"\(mark.tag.prefix(64))\" is no class of this data set\(hint)")
  }
}

/// The pixels of a disc, as spans of its rows relative to its middle pixel.
private struct Brush {
  let spans: [(y: Int, x: ClosedRange<Int>)]

  /// A disc of `width` pixels across, a positive number.
  init(_ width: Int) {
    let shift = width.isMultiple(of: 2) ? 1 : 0
    let first = -(width / 2)
    spans = (first..<first + width).compactMap { y in
      // Twice the distances, so that all numbers are whole; shifted ones are odd.
      let height = 2 * y + shift
      var reach = Int(Double(width * width - height * height).squareRoot())
      if reach % 2 != shift { reach -= 1 }
      return reach < 0 ? nil : (y, (-reach - shift) / 2...(reach - shift) / 2)
    }
  }
}

extension LabelMap {
  /// Draws a disc at each pixel of the line through `points`.
  fileprivate mutating func draw(_ points: [Mark.Point], _ brush: Brush, _ label: UInt8) {
    guard var from = points.first?.clamped(width, height) else { return }
    stamp(brush, from.x, from.y, label)
    for point in points.dropFirst() {
      let to = point.clamped(width, height)
      let (rows, columns) = (to.y - from.y, to.x - from.x)
      let steps = max(abs(rows), abs(columns))
      for i in 1..<max(steps, 1) {
        stamp(brush, (from.x * steps + i * columns) / steps, (from.y * steps + i * rows) / steps, label)
      }
      stamp(brush, to.x, to.y, label)
      from = to
    }
  }

  private mutating func stamp(_ brush: Brush, _ x: Int, _ y: Int, _ label: UInt8) {
    for span in brush.spans {
      fill(row: y + span.y, from: x + span.x.lowerBound, through: x + span.x.upperBound, label)
    }
  }

  /// Draws the columns of a row that are in the picture.
  private mutating func fill(row: Int, from first: Int, through last: Int, _ label: UInt8) {
    let (first, last) = (max(first, 0), min(last, width - 1))
    guard 0..<height ~= row, first <= last else { return }
    labels.withUnsafeMutableBufferPointer { labels in
      labels[row * width + first...row * width + last].update(repeating: label)
    }
  }

  /// Fills a polygon by the even-odd rule, its outline included.
  fileprivate mutating func fill(_ corners: [Mark.Point], _ label: UInt8) {
    // Corners and level edges; the other pixels on the outline are ends of the spans below.
    for edge in corners.outline {
      let isLevel = edge.from.y == edge.to.y
      fill(
        row: edge.from.y, from: isLevel ? min(edge.from.x, edge.to.x) : edge.from.x,
        through: isLevel ? max(edge.from.x, edge.to.x) : edge.from.x, label)
    }
    let edges = corners.outline.compactMap(Edge.init).filter { $0.bottom.y > 0 && $0.top.y < height }
      .sorted { $0.top.y < $1.top.y }
    guard let first = edges.first else { return }
    var (row, next) = (max(first.top.y, 0), 0)
    var active: [Edge] = []
    while row < height && (next < edges.count || !active.isEmpty) {
      while next < edges.count && edges[next].top.y <= row {
        active.append(edges[next])
        next += 1
      }
      active.removeAll { $0.bottom.y <= row }
      let crossings = active.map { $0.crossing(row) }.sorted { $0.x < $1.x }
      for i in stride(from: 1, to: crossings.count, by: 2) {
        fill(row: row, from: crossings[i - 1].ceiling, through: crossings[i].floor, label)
      }
      row += 1
    }
  }
}

/// An edge of a polygon that is not level: rows `top.y` to `bottom.y - 1` cross it.
private struct Edge {
  let top: Mark.Point
  let bottom: Mark.Point

  init?(_ edge: (from: Mark.Point, to: Mark.Point)) {
    if edge.from.y == edge.to.y { return nil }
    (top, bottom) = edge.from.y < edge.to.y ? (edge.from, edge.to) : (edge.to, edge.from)
  }

  /// Where the row crosses the edge, and the columns of the pixels next to it, which are the same on the edge itself.
  func crossing(_ row: Int) -> (x: Double, floor: Int, ceiling: Int) {
    let rows = bottom.y - top.y
    let numerator = top.x * rows + (row - top.y) * (bottom.x - top.x)
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: rows)
    let floor = remainder < 0 ? quotient - 1 : quotient
    return (Double(numerator) / Double(rows), floor, remainder == 0 ? floor : floor + 1)
  }
}

extension [Mark.Point] {
  /// The edges of a polygon, the last one back to the first corner.
  fileprivate var outline: [(from: Mark.Point, to: Mark.Point)] {
    indices.map { (self[$0], self[$0 + 1 == count ? 0 : $0 + 1]) }
  }
}

extension Mark.Point {
  fileprivate func clamped(_ width: Int, _ height: Int) -> Mark.Point {
    Mark.Point(x: Swift.min(Swift.max(x, 0), width - 1), y: Swift.min(Swift.max(y, 0), height - 1))
  }
}
