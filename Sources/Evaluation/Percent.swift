import Foundation

/// A ratio as a percentage with two decimals, without the sign; a dash where there is none.
func percent(_ ratio: Double?) -> String {
  ratio.map { decimals($0 * 100, 2) } ?? "–"
}

/// A number with a fixed count of decimals and a point, whatever the locale.
func decimals(_ value: Double, _ count: Int) -> String {
  String(format: "%.\(count)f", value)
}
