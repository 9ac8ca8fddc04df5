extension LineChart {
  /// The chart as an SVG file of its own, in light or dark as the reader's system asks.
  public func picture() -> String {
    let curves = series.map { Series($0.name, drawable($0.points)) }
    let points = curves.flatMap(\.points)
    let (side, top) = (18.0, 62.0)
    let (width, height) = (Self.width + 2 * side, Self.height + top + side)
    let size = "\(at(width)) \(at(height))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="\(at(width))" height="\(at(height))" \
      class="chart" role="img" aria-label="\(escaped(summary))">
      <style>
      \(ReportStyle.palette)
      \(ReportStyle.chart)
      svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
      .chart .title{fill:var(--ink);font-size:16px;font-weight:600;text-anchor:start}
      .chart .key{text-anchor:start}
      </style>
      <rect width="\(at(width))" height="\(at(height))" rx="12" fill="var(--card)"/>
      <text class="title" x="\(at(side))" y="29">\(escaped(title))</text>
      \(keys(from: side, row: 51))
      <g transform="translate(\(at(side)) \(at(top)))">
      \(points.isEmpty ? "" : marks(curves, points))
      </g>
      </svg>

      """
  }

  /// The legend, each name beside a piece of its line.
  private func keys(from left: Double, row: Double) -> String {
    var column = left
    return series.enumerated().map { index, curve in
      // About what a letter is wide at this size.
      defer { column += 40 + 6.4 * Double(curve.name.count) }
      return """
        <path class="curve line\(index % 6)" d="M\(at(column)) \(at(row - 4.5))h16"/>\
        <text class="key" x="\(at(column + 22))" y="\(at(row))">\(escaped(curve.name))</text>
        """
    }.joined(separator: "\n")
  }
}
