import Datasets
import Foundation

/// A share, 0...1, as sentences hold it: "12.5 %", "0.03 %".
package func percent(_ share: Double) -> String {
  let value = share * 100
  let text = String(format: value >= 10 ? "%.1f" : "%.2f", value)
  return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) %"
}

/// The first few of some ids, with the number of the others.
func firstFew(_ ids: [String]) -> String {
  let shown = 3
  return ids.prefix(shown).joined(separator: ", ") + (ids.count > shown ? " and \(ids.count - shown) more" : "")
}

/// Classes by their names: `class 2 ("dog")`, `classes 1 ("cat") and 2 ("dog")`.
func named(_ labels: [Int], _ classes: ClassList) -> String {
  let shown = 5
  let texts =
    labels.prefix(shown).map { "\($0) (\"\(classes.names[$0])\")" }
    + (labels.count > shown ? ["\(labels.count - shown) more"] : [])
  let text =
    texts.count > 1
    ? "\(texts.dropLast().joined(separator: ", ")) and \(texts.suffix(1).joined())" : texts.joined()
  return "\(labels.count == 1 ? "class" : "classes") \(text)"
}
