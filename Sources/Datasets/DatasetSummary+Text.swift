import Foundation

extension DatasetSummary: CustomStringConvertible {
  /// A few lines of facts and a table of the classes, for a terminal.
  public var description: String {
    if count == 0 { return "no image could be loaded" }
    let sizes = "\(images(count)) of \(range(widths)) x \(range(heights)) pixels"
    // Labels mean nothing where the classes are not known.
    if classes == .unknown { return sizes }
    var lines = ["\(sizes), \(classes.count) classes"]
    if let scribbles {
      lines.append("\(percent(scribbles.labelledShare)) of the pixels are scribbled")
      lines += remark("without a scribble", withoutScribble)
      lines += remark("with scribbles, but none on the background", withoutBackgroundScribble)
      lines += remark("with scribbles on the background only", withBackgroundScribbleOnly)
      if groundTruth != nil { lines += remark("with a class on which nobody drew", withUndrawnClass) }
    }
    if let groundTruth {
      let rest = groundTruth.unlabelledPixels == 0 ? "" : ", the others are void"
      lines.append("\(percent(groundTruth.labelledShare)) of the pixels have a class in the masks\(rest)")
    }
    return (lines + [""] + table).joined(separator: "\n")
  }

  private var table: [String] {
    let kinds = [("scribbled", scribbles), ("masked", groundTruth)].compactMap { kind, labels in
      labels.map { (kind, $0) }
    }
    guard !kinds.isEmpty else { return [] }
    let header = ["label", "class"] + kinds.flatMap { ["images", "\($0.0) pixels"] }
    let rows = (0..<classes.count).map { label in
      ["\(label)", classes.names[label]]
        + kinds.flatMap { _, labels in
          labels.pixels[label] == 0
            ? ["none", "none"]
            : ["\(labels.images[label])", percent(Double(labels.pixels[label]) / Double(labels.labelledPixels))]
        }
    }
    let cells = [header] + rows
    let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 1 ? cell + padding : padding + cell
      }.joined(separator: "  ")
    }
  }

  private func remark(_ what: String, _ ids: [String]) -> [String] {
    if ids.isEmpty { return [] }
    let shown = 3
    let first = ids.prefix(shown).joined(separator: ", ") + (ids.count > shown ? ", ..." : "")
    return ["\(images(ids.count)) \(what): \(first)"]
  }

  private func images(_ count: Int) -> String { "\(count) \(count == 1 ? "image" : "images")" }

  private func range(_ sides: ClosedRange<Int>?) -> String {
    guard let sides else { return "0" }
    return sides.count == 1 ? "\(sides.lowerBound)" : "\(sides.lowerBound)-\(sides.upperBound)"
  }

  private func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
}
