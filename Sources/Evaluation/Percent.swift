import Foundation

/// Ratios as people read them: in percent, with a point whatever the locale.
public enum Percent {
  /// The percentage without its sign, as columns hold it: "71.20"; a dash where there is none.
  public static func number(_ ratio: Double?, decimals count: Int = 2) -> String {
    ratio.map { decimals($0 * 100, count) } ?? "–"
  }

  /// The percentage with its sign, as sentences hold it: "71.20 %"; a dash where there is none.
  public static func text(_ ratio: Double?, decimals count: Int = 2) -> String {
    ratio == nil ? "–" : "\(number(ratio, decimals: count)) %"
  }
}

/// A number with a fixed count of decimals and a point, whatever the locale.
func decimals(_ value: Double, _ count: Int) -> String {
  String(format: "%.\(count)f", value)
}
