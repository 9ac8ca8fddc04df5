import Evaluation
import Foundation

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

/// An axis of a chart: its range, its ticks, and the position of a value on it.
struct Axis {
  let scale: LineChart.Scale
  /// Both ends, already as logarithms of 10 on a logarithmic axis.
  let range: ClosedRange<Double>
  /// Values to be written beside the axis, ascending.
  let ticks: [Double]

  /// An axis that covers `values`: exactly for time, out to the next tick for measurements; on a linear scale at least
  /// `leastSpan`, which keeps to the same side of 0 as the values.
  init(_ values: [Double], scale: LineChart.Scale, tickCount: Int, isRounded: Bool, leastSpan: Double = 0) {
    self.scale = scale
    let shown = scale == .linear ? values : values.map { log10($0) }
    var low = shown.min() ?? 0
    var high = shown.max() ?? 1
    if scale == .linear, high - low < leastSpan {
      let isPositive = low >= 0
      let middle = low / 2 + high / 2
      (low, high) = (middle - leastSpan / 2, middle + leastSpan / 2)
      if isPositive && low < 0 { (low, high) = (0, leastSpan) }
    }
    if high - low < 1e-9 * max(abs(low), abs(high), 1) {
      // One value only: extend the range on both sides.
      let room = scale == .linear ? max(abs(low) * 0.1, 0.5) : 0.5
      (low, high) = (low - room, high + room)
    }
    if scale == .logarithmic {
      (range, ticks) = Axis.logarithmic(low...high)
    } else {
      (range, ticks) = Axis.linear(low...high, count: tickCount, isRounded: isRounded)
    }
  }

  /// The position of a value: 0 at the lower end of the axis, 1 at the upper.
  func position(_ value: Double) -> Double {
    let shown = scale == .linear ? value : log10(value)
    // Halves, because the whole range may be too large for a number.
    return (shown / 2 - range.lowerBound / 2) / (range.upperBound / 2 - range.lowerBound / 2)
  }

  /// Steps of 1, 2 or 5 times a power of ten.
  private static func linear(
    _ range: ClosedRange<Double>, count: Int, isRounded: Bool
  ) -> (ClosedRange<Double>, [Double]) {
    let rough = (range.upperBound - range.lowerBound) / Double(max(count, 1))
    let power = pow(10, rough.isFinite && rough > 0 ? floor(log10(rough)) : 0)
    let step = power * ([1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10)
    let first = (range.lowerBound / step).rounded(isRounded ? .down : .up)
    let last = (range.upperBound / step).rounded(isRounded ? .up : .down)
    guard first.isFinite, last.isFinite, last - first < 100 else {
      return (range, [range.lowerBound, range.upperBound])
    }
    let ticks = stride(from: first, through: last, by: 1).map { $0 * step }
    return (isRounded ? first * step...last * step : range, ticks)
  }

  /// Powers of ten, with 2 and 5 between them where the range spans few.
  private static func logarithmic(_ range: ClosedRange<Double>) -> (ClosedRange<Double>, [Double]) {
    let low = range.lowerBound - 0.02
    let high = range.upperBound + 0.02
    let decades = high - low
    let every = max(1, (decades / 5).rounded(.up))
    let mantissas: [Double] = decades < 1 ? [1, 1.5, 2, 3, 4, 5, 7] : decades < 2.5 ? [1, 2, 5] : [1]
    let exponents = stride(from: low.rounded(.down), through: high.rounded(.up), by: 1)
    let ticks =
      exponents
      .filter { $0.truncatingRemainder(dividingBy: every) == 0 }
      .flatMap { exponent in mantissas.map { $0 * pow(10, exponent) } }
      .filter { (low...high).contains(log10($0)) }
    if ticks.count >= 2 { return (low...high, ticks) }
    // The range lies between two of the ticks: show its ends.
    return (low...high, [pow(10, range.lowerBound), pow(10, range.upperBound)])
  }

  /// A value in few characters: 0.05, 12k, 1e-7.
  static func label(_ value: Double) -> String {
    let magnitude = abs(value)
    if magnitude == 0 { return "0" }
    if magnitude < 1e-3 || magnitude >= 1e7 {
      return String(format: "%.3g", value)
        .replacingOccurrences(of: "e-0", with: "e-").replacingOccurrences(of: "e+0", with: "e")
        .replacingOccurrences(of: "e+", with: "e")
    }
    if magnitude >= 1e6 { return String(format: "%gM", value / 1e6) }
    if magnitude >= 1e4 { return String(format: "%gk", value / 1e3) }
    return String(format: "%.4g", value)
  }
}
