import Evaluation

/// Differences with their confidence intervals, a row for each: a dot, a line, and the numbers beside them.
///
/// Positions are percentages of the row's width, so that one drawing serves a screen of any width.
struct IntervalChart {
  struct Row {
    let name: String
    /// Nil where nothing can be compared yet.
    let difference: PairedDifference?
  }

  /// What the rows are named by, and what is drawn.
  let nameHeading: String
  let valueHeading: String
  let rows: [Row]

  /// The chart as a table.
  var html: String {
    let drawn = rows.compactMap(\.difference).flatMap { difference in
      [difference.mean, difference.interval?.lowerBound, difference.interval?.upperBound].compactMap { $0 }
    }
    let axis = Axis((drawn + [0]).map { $0 * 100 }, scale: .linear, tickCount: 4, isRounded: true, leastSpan: 0.1)
    let lines = rows.map { row in
      """
      <tr><th scope="row">\(escaped(row.name))</th><td>\(strip(row.difference, axis))</td>\
      <td>\(Points.text(row.difference?.mean, minus: "−"))</td><td>\(interval(row.difference))</td></tr>
      """
    }
    return """
      <table class="intervals">
      <thead><tr><th scope="col">\(escaped(nameHeading))</th><td></td><th scope="col">\(escaped(valueHeading))</th>\
      <th scope="col">95 % interval</th></tr></thead>
      <tbody>\(lines.joined(separator: "\n"))</tbody>
      <tbody class="scale"><tr><th></th><td>\(scale(axis))</td><td></td><td></td></tr></tbody>
      </table>
      """
  }

  private func interval(_ difference: PairedDifference?) -> String {
    guard let interval = difference?.interval else { return "–" }
    return "\(Points.text(interval.lowerBound, minus: "−")) to \(Points.text(interval.upperBound, minus: "−"))"
  }

  private func strip(_ difference: PairedDifference?, _ axis: Axis) -> String {
    var parts = axis.ticks.map { tick in
      let place = place(tick, axis)
      return "<line class=\"\(tick == 0 ? "zero" : "grid")\" x1=\"\(place)\" x2=\"\(place)\" y1=\"0\" y2=\"100%\"/>"
    }
    if let interval = difference?.interval {
      let (low, high) = (place(interval.lowerBound * 100, axis), place(interval.upperBound * 100, axis))
      parts.append("<line class=\"reach\" x1=\"\(low)\" x2=\"\(high)\" y1=\"50%\" y2=\"50%\"/>")
    }
    if let mean = difference?.mean {
      parts.append("<circle cx=\"\(place(mean * 100, axis))\" cy=\"50%\" r=\"5\"/>")
    }
    return "<svg aria-hidden=\"true\">\(parts.joined())</svg>"
  }

  private func scale(_ axis: Axis) -> String {
    let labels = axis.ticks.map { tick in
      let text = (tick > 0 ? "+" : "") + Axis.label(tick).replacing("-", with: "−")
      return "<text x=\"\(place(tick, axis))\" y=\"12\">\(text)</text>"
    }
    return "<svg aria-hidden=\"true\">\(labels.joined())</svg>"
  }

  private func place(_ value: Double, _ axis: Axis) -> String { "\(decimals(axis.position(value) * 100, 2))%" }
}
