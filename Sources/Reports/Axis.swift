import Foundation

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
