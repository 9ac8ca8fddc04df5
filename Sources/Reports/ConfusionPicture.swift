import Evaluation
import Images

/// A confusion matrix as a picture: a row for each class of the ground truth, and in it the shares predicted as each
/// class.
///
/// Rows are normalised: a row shows the predictions of its class's pixels as shares. Correct ones are blue, wrong ones
/// orange, and the intensity is the square root of the share, so that a confusion of few percent is visible.
package struct ConfusionPicture: Sendable {
  private let matrix: ConfusionMatrix
  private let names: [String]

  /// A picture of `matrix`; `classes` must name each of its classes.
  package init(_ matrix: ConfusionMatrix, classes: [String]) {
    precondition(classes.count == matrix.classCount, "each class of the matrix needs a name")
    self.matrix = matrix
    names = classes.map(\.shortClassName)
  }

  /// The most classes for which shares are written into the cells.
  private static let mostClassesWithNumbers = 30
  /// The most classes for which cells have tooltips; more would make files of many megabytes.
  private static let mostClassesWithTitles = 100
  /// Shares below are not drawn.
  private static let leastShare = 0.0005
  /// Shares below are drawn without their number.
  private static let leastNumber = 0.01

  private var hasNumbers: Bool { matrix.classCount <= Self.mostClassesWithNumbers }
  private var cell: Double {
    hasNumbers ? min(max(360 / Double(matrix.classCount), 30), 76) : matrix.classCount <= 100 ? 15 : 9
  }
  private var fontSize: Double { hasNumbers ? min(max(cell / 3.5, 12), 15) : min(11, cell - 1) }
  /// Room for the longest name, whose letters are about half as wide as high.
  private var nameRoom: Double { Double(names.map(\.count).max() ?? 0) * fontSize * 0.6 + 12 }
  private var side: Double { cell * Double(matrix.classCount) }
  private var left: Double { 8 + nameRoom }

  /// The picture as a self-contained SVG document.
  ///
  /// Colours are attributes, so that every viewer shows them; a page may override them by the classes of the elements.
  package func svg() -> String { element(" xmlns=\"http://www.w3.org/2000/svg\"", legend: 74) }

  /// The picture as a part of an HTML page, which needs no namespace; without room for a legend, which is the page's.
  func element(_ attributes: String = "", legend room: Double = 0) -> String {
    // Names above the columns lean to the right by 60 degrees.
    let top = room + 8 + nameRoom * 0.87
    let width = max(left + side + max(nameRoom * 0.5 - cell / 2, 0) + 8, room > 0 ? 560 : 0)
    let height = top + side + 8
    let size = "width=\"\(svg: width)\" height=\"\(svg: height)\""
    return """
      <svg\(attributes) class="matrix" viewBox="0 0 \(svg: width) \(svg: height)" \(size) role="img" \
      aria-label="Confusion matrix" font-family="system-ui,sans-serif" font-size="\(svg: fontSize)">
      <rect class="ground" width="100%" height="100%" fill="#fff"/>
      \(room > 0 ? legend : "")
      \(allNames(top))
      \(lines(top))
      \(cells(top).joined(separator: "\n"))
      </svg>

      """
  }

  /// The meaning of rows, columns and colours.
  private var legend: String {
    let words = text("Of the pixels of each class (row), the share predicted as each (column), in %", 16, 26, size: 14)
    let shares = [0.01, 0.05, 0.2, 0.5, 1]
    let samples = [("right", "right"), ("wrong", "wrong")].enumerated().map { row, kind in
      let start = 16 + Double(row) * 250
      let boxes = shares.enumerated().map { index, share in
        let x = start + 42 + Double(index) * 38
        return box(kind.0, share, x: x, y: 40, width: 36, height: 18)
          + text(Percent.number(share, decimals: 0), x + 18, 53, "middle", share: share, size: 11)
      }
      return text(kind.1, start, 53, size: 12) + boxes.joined()
    }
    return words + samples.joined()
  }

  /// The names of rows and columns.
  private func allNames(_ top: Double) -> String {
    names.enumerated().map { index, name in
      let middle = (Double(index) + 0.5) * cell
      let (x, y) = (left + middle, top - 6)
      return text(name, left - 8, top + middle + fontSize * 0.35, "end")
        + "<text class=\"ink\" fill=\"#1c1d21\" transform=\"translate(\(svg: x + fontSize * 0.3) \(svg: y)) rotate(-60)\">"
        + "\(escaped(name))</text>"
    }.joined(separator: "\n")
  }

  /// Thin lines between rows and columns, which guide the eye to the names.
  private func lines(_ top: Double) -> String {
    let steps = (0...matrix.classCount).map { step in
      let offset = Double(step) * cell
      return "M\(svg: left) \(svg: top + offset)h\(svg: side)M\(svg: left + offset) \(svg: top)v\(svg: side)"
    }
    return "<path class=\"lines\" fill=\"none\" stroke=\"#e3e1dc\" d=\"\(steps.joined())\"/>"
  }

  private func cells(_ top: Double) -> [String] {
    let totals = matrix.rowSums
    return (0..<matrix.classCount).flatMap { row in
      (0..<matrix.classCount).compactMap { column in
        guard let share = ratio(matrix[groundTruth: row, prediction: column], totals[row]), share >= Self.leastShare
        else { return nil }
        return cell(row, column, share, top)
      }
    }
  }

  private func cell(_ row: Int, _ column: Int, _ share: Double, _ top: Double) -> String {
    let (x, y) = (left + Double(column) * cell, top + Double(row) * cell)
    let box = box(row == column ? "right" : "wrong", share, x: x, y: y, width: cell, height: cell)
    if matrix.classCount > Self.mostClassesWithTitles { return box }
    let title = row == column ? "\(names[row]): " : "\(names[row]) taken for \(names[column]): "
    let number =
      hasNumbers && share >= Self.leastNumber
      ? text(
        Percent.number(share, decimals: 0), x + cell / 2, y + cell / 2 + 4, "middle", share: share,
        size: min(fontSize, 14)) : ""
    return "<g><title>\(escaped(title + Percent.text(share, decimals: 1)))</title>\(box)\(number)</g>"
  }

  private func box(
    _ kind: String, _ share: Double, x: Double, y: Double, width: Double, height: Double
  ) -> String {
    let color = kind == "right" ? "#1f5fd0" : "#c8501a"
    return "<rect class=\"\(kind)\" x=\"\(svg: x + 0.5)\" y=\"\(svg: y + 0.5)\" width=\"\(svg: width - 1)\" "
      + "height=\"\(svg: height - 1)\" fill=\"\(color)\" fill-opacity=\"\(decimals(share.squareRoot(), 2))\"/>"
  }

  /// Text on the ground, or on a box of so large a share.
  private func text(
    _ words: String, _ x: Double, _ y: Double, _ anchor: String = "start", share: Double = 0, size: Double? = nil
  ) -> String {
    let isOnColor = share >= 0.3
    let fontSize = size.map { " font-size=\"\(svg: $0)\"" } ?? ""
    return "<text class=\"\(isOnColor ? "on" : "ink")\" fill=\"\(isOnColor ? "#fff" : "#1c1d21")\" x=\"\(svg: x)\" "
      + "y=\"\(svg: y)\" text-anchor=\"\(anchor)\"\(fontSize)>\(escaped(words))</text>"
  }
}
