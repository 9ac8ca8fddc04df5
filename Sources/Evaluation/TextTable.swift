/// Rows of cells in aligned columns: the first to the left, the others to the right.
struct TextTable {
  var header: [String]
  /// Groups of rows, with a rule above each.
  var groups: [[[String]]]

  var text: String {
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
func oneLine(_ text: String) -> String {
  String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
}
