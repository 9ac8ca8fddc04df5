import Foundation

/// Ratios in percent, with a decimal point in every locale.
package enum Percent {
  /// The percentage without its sign, for columns: "71.20"; a dash where there is none.
  package static func number(_ ratio: Double?, decimals count: Int = 2) -> String {
    ratio.map { decimals($0 * 100, count) } ?? "–"
  }

  /// The percentage with its sign, for sentences: "71.20 %"; a dash where there is none.
  package static func text(_ ratio: Double?, decimals count: Int = 2) -> String {
    ratio == nil ? "–" : "\(number(ratio, decimals: count)) %"
  }
}

/// A number with a fixed count of decimals and a decimal point in every locale.
func decimals(_ value: Double, _ count: Int) -> String {
  String(format: "%.\(count)f", value)
}

/// Text escaped for use between tags or inside a quoted attribute; control characters become spaces.
func escaped(_ text: String) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\n", "\t": result.unicodeScalars.append(scalar)
    case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value): result += " "
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// Rows of cells in aligned columns: the first to the left, the others to the right.
package struct TextTable {
  package var header: [String]
  /// Groups of rows, with a rule above each.
  package var groups: [[[String]]]

  package init(header: [String], groups: [[[String]]]) { (self.header, self.groups) = (header, groups) }

  /// The lines of the table, without a line feed at the end.
  package var text: String {
    let rows = [header] + groups.joined()
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let line = { (row: [String]) in
      let cells = zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
    let rule = String(repeating: "-", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    return ([line(header)] + groups.flatMap { [rule] + $0.map(line) }).joined(separator: "\n")
  }
}

/// Text that cannot break a table's lines.
package func oneLine(_ text: String) -> String {
  String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
}
