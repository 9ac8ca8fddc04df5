import Foundation

/// Curves over a common horizontal axis, drawn as SVG.
package struct LineChart: Sendable, Equatable {
  /// An axis: even steps, or even factors.
  package enum Scale: Sendable { case linear, logarithmic }

  /// A point of a curve.
  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// One curve; points that are not finite, or not positive where an axis is logarithmic, are left out.
  package struct Series: Sendable, Equatable {
    package var name: String
    /// In ascending order of `x`.
    package var points: [Point]

    package init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  package var title: String
  package var xLabel: String
  package var yLabel: String
  /// Of the horizontal axis.
  package var xScale: Scale
  /// Of the vertical axis.
  package var scale: Scale
  /// Draws a running mean, with the values themselves faint behind it.
  package var isSmoothed: Bool
  /// Whether the legend gives each curve's last value, which is what a reader looks for in curves over time.
  package var namesLast: Bool
  package var series: [Series]
  /// The least difference between the ends of the vertical axis, so that small changes look small; 0 for none.
  package var leastSpan: Double
  /// What the curves mean, in a sentence or two below the title; may be empty.
  package var note: String

  package init(
    title: String, xLabel: String, yLabel: String, xScale: Scale = .linear, scale: Scale = .linear,
    isSmoothed: Bool = false, namesLast: Bool = true, series: [Series], leastSpan: Double = 0, note: String = ""
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.xScale = xScale
    self.scale = scale
    self.isSmoothed = isSmoothed
    self.namesLast = namesLast
    self.series = series
    self.leastSpan = leastSpan
    self.note = note
  }
}

extension LineChart {
  static let width = 500.0
  static let height = 280.0
  /// The rectangle inside the axes.
  private static let plot = (left: 66.0, right: 488.0, top: 14.0, bottom: 236.0)
  /// Curves of more points are thinned to about as many; a page is not wider in pixels.
  private static let pointLimit = 500

  /// The chart as one `<figure>`: heading, legend and an SVG picture that scales with the page.
  func html() -> String {
    let curves = series.map { Series($0.name, drawable($0.points)) }
    let points = curves.flatMap(\.points)
    let legend = curves.enumerated().map { index, curve in
      let last = drawn(curve.points).last.map { "<b>\(escaped(Axis.label(rounded($0.y))))</b>" } ?? "<b>–</b>"
      return "<li><i class=\"line\(index % 6)\"></i>\(escaped(curve.name))\(namesLast ? " \(last)" : "")</li>"
    }
    let words = note.isEmpty ? "" : "<p class=\"note\">\(escaped(note))</p>\n"
    return """
      <figure class="chart">
      <figcaption><h3>\(escaped(title))</h3><ul class="legend">\(legend.joined())</ul></figcaption>
      \(points.isEmpty ? "<p class=\"none\">Nothing was recorded.</p>" : svg(curves, points))
      \(words)</figure>
      """
  }

  private func svg(_ curves: [Series], _ points: [Point]) -> String {
    """
    <svg viewBox="0 0 \(svg: Self.width) \(svg: Self.height)" role="img" aria-label="\(escaped(summary))">
    \(marks(curves, points))
    </svg>
    """
  }

  /// A description of the chart for screen readers.
  var summary: String { "\(title): \(series.map(\.name).joined(separator: ", ")), over \(xLabel)" }

  /// Axes and curves; `points` are those of all curves, at least one.
  func marks(_ curves: [Series], _ points: [Point]) -> String {
    let x = Axis(points.map(\.x), scale: xScale, tickCount: 5, isRounded: false)
    let y = Axis(points.map(\.y), scale: scale, tickCount: 5, isRounded: true, leastSpan: leastSpan)
    let plot = Self.plot
    let position = { (point: Point) in
      (
        plot.left + x.position(point.x) * (plot.right - plot.left),
        plot.bottom - y.position(point.y) * (plot.bottom - plot.top)
      )
    }
    var parts: [String] = []
    for tick in y.ticks {
      let (_, row) = position(Point(points[0].x, tick))
      parts.append(
        "<path class=\"grid\" d=\"M\(svg: plot.left) \(svg: row)H\(svg: plot.right)\"/>"
          + "<text class=\"y\" x=\"\(svg: plot.left - 8)\" y=\"\(svg: row + 4)\">\(Axis.label(tick))</text>")
    }
    // Sizes that grow by factors are few, and clearer as ticks than round numbers.
    let sizes = Set(points.map(\.x)).sorted()
    for tick in xScale == .logarithmic && sizes.count <= 8 ? sizes : x.ticks {
      let (column, _) = position(Point(tick, y.ticks[0]))
      parts.append(
        "<path class=\"tick\" d=\"M\(svg: column) \(svg: plot.bottom)v5\"/>"
          + "<text class=\"x\" x=\"\(svg: column)\" y=\"\(svg: plot.bottom + 20)\">\(Axis.label(tick))</text>")
    }
    parts.append("<path class=\"axis\" d=\"M\(svg: plot.left) \(svg: plot.bottom)H\(svg: plot.right)\"/>")
    let middle = (plot.left + plot.right) / 2
    parts.append("<text class=\"name\" x=\"\(svg: middle)\" y=\"\(svg: Self.height - 6)\">\(escaped(xLabel))</text>")
    let center = (plot.top + plot.bottom) / 2
    parts.append(
      "<text class=\"name\" transform=\"translate(13 \(svg: center)) rotate(-90)\">\(escaped(yLabel))</text>")
    for (index, curve) in curves.enumerated() {
      parts.append(contentsOf: lines(curve.points, index: index % 6, position: position))
    }
    return parts.joined(separator: "\n")
  }

  /// The curve itself and, where it is smoothed, the values behind it.
  private func lines(_ points: [Point], index: Int, position: (Point) -> (Double, Double)) -> [String] {
    if points.isEmpty { return [] }
    func path(_ points: [Point], _ name: String) -> String {
      let steps = points.map { point in
        let (column, row) = position(point)
        return "\(svg: column) \(svg: row)"
      }
      return "<path class=\"\(name)\" d=\"M\(steps.joined(separator: "L"))\"/>"
    }
    var parts: [String] = []
    if isSmoothed { parts.append(path(thinned(points), "raw line\(index)")) }
    parts.append(path(thinned(drawn(points)), "curve line\(index)"))
    if points.count <= 40 {
      parts += points.map { point in
        let (column, row) = position(point)
        return "<circle class=\"line\(index)\" cx=\"\(svg: column)\" cy=\"\(svg: row)\" r=\"3\"/>"
      }
    }
    return parts
  }

  /// The points of the strong curve.
  private func drawn(_ points: [Point]) -> [Point] { isSmoothed ? smoothed(points) : points }

  func drawable(_ points: [Point]) -> [Point] {
    points.filter {
      $0.x.isFinite && $0.y.isFinite && (scale == .linear || $0.y > 0) && (xScale == .linear || $0.x > 0)
    }
  }

  /// An exponential running mean over about a thirtieth of the curve, without the bias of its start.
  private func smoothed(_ points: [Point]) -> [Point] {
    let keep = 1 - 1 / max(Double(points.count) / 30, 2)
    var sum = 0.0
    var weight = 0.0
    return points.map { point in
      sum = keep * sum + (1 - keep) * point.y
      weight = keep * weight + (1 - keep)
      return Point(point.x, sum / weight)
    }
  }

  /// The lowest and the highest point of each of equal intervals, so that no spike is lost.
  private func thinned(_ points: [Point]) -> [Point] {
    guard points.count > Self.pointLimit else { return points }
    let stretches = Self.pointLimit / 2
    return (0..<stretches).flatMap { stretch in
      let part = points[points.count * stretch / stretches..<points.count * (stretch + 1) / stretches]
      let ends = [part.min { $0.y < $1.y }, part.max { $0.y < $1.y }].compactMap { $0 }
      return ends.sorted { $0.x < $1.x }
    }
  }

  private func rounded(_ value: Double) -> Double { Double(String(format: "%.3g", value)) ?? value }
}

extension LineChart {
  /// The chart as an SVG file of its own, in light or dark as the reader's system prefers.
  package func picture() -> String {
    let curves = series.map { Series($0.name, drawable($0.points)) }
    let points = curves.flatMap(\.points)
    let (side, top) = (18.0, 62.0)
    let (width, height) = (Self.width + 2 * side, Self.height + top + side)
    let size = "\(svg: width) \(svg: height)"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="\(svg: width)" height="\(svg: height)" \
      class="chart" role="img" aria-label="\(escaped(summary))">
      <style>
      \(ReportStyle.palette)
      \(ReportStyle.chart)
      svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
      .chart .title{fill:var(--ink);font-size:16px;font-weight:600;text-anchor:start}
      .chart .key{text-anchor:start}
      </style>
      <rect width="\(svg: width)" height="\(svg: height)" rx="12" fill="var(--card)"/>
      <text class="title" x="\(svg: side)" y="29">\(escaped(title))</text>
      \(keys(from: side, row: 51))
      <g transform="translate(\(svg: side) \(svg: top))">
      \(points.isEmpty ? "" : marks(curves, points))
      </g>
      </svg>

      """
  }

  /// The legend, each name beside a sample of its line.
  private func keys(from left: Double, row: Double) -> String {
    var column = left
    return series.enumerated().map { index, curve in
      // The approximate width of a letter at this size.
      defer { column += 40 + 6.4 * Double(curve.name.count) }
      return """
        <path class="curve line\(index % 6)" d="M\(svg: column) \(svg: row - 4.5)h16"/>\
        <text class="key" x="\(svg: column + 22)" y="\(svg: row)">\(escaped(curve.name))</text>
        """
    }.joined(separator: "\n")
  }
}

extension DefaultStringInterpolation {
  /// Adds a coordinate for SVG, to a tenth.
  mutating func appendInterpolation(svg coordinate: Double) {
    let text = decimals(coordinate, 1)
    appendLiteral(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
  }
}
