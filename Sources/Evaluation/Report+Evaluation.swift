import Foundation

extension Report {
  /// The table of classes, and the confusion matrix where it is known.
  func evaluationSections(_ evaluation: EvaluationResult) -> [String] {
    var sections = [section("Classes", classTable(evaluation))]
    if let confusion = evaluation.confusion {
      let picture = ConfusionPicture(confusion, classes: evaluation.classes).element()
      sections.append(section("Confusions", "<figure class=\"confusions\">\(picture)</figure>"))
    }
    return sections
  }

  private func classTable(_ evaluation: EvaluationResult) -> String {
    let classes = evaluation.classes.indices.map { label in
      tableRow(
        swatch(label) + escaped(evaluation.classes[label]), evaluation.iou[label],
        Percent.number(evaluation.boundaryIoU[label]), kind: "")
    }
    let means = evaluation.means.enumerated().map { row, mean in
      tableRow(
        mean.name.prefix(1).uppercased() + mean.name.dropFirst(), mean.iou,
        row == 0 ? Percent.number(mean.boundaryIoU) : "", kind: " class=\"mean\"")
    }
    let seconds = decimals(evaluation.seconds, evaluation.seconds < 10 ? 1 : 0)
    return """
      <p class="note">\(evaluation.images) images, \(escaped(evaluation.way)), in \(seconds) s. Boundary IoU counts the \
      pixels along contours only. Weights: <code>\(escaped(evaluation.weights))</code></p>
      <table>
      <thead><tr><th scope="col">Class</th><td></td><th scope="col">IoU %</th><th scope="col">Boundary IoU %</th></tr></thead>
      <tbody>\(classes.joined(separator: "\n"))</tbody>
      <tbody>\(means.joined(separator: "\n"))</tbody>
      </table>
      """
  }

  private func tableRow(_ name: String, _ ratio: Double?, _ boundary: String, kind: String) -> String {
    let bar = ratio.map { "<span class=\"bar\"><i style=\"width:\(decimals($0 * 100, 1))%\"></i></span>" } ?? ""
    return "<tr\(kind)><th scope=\"row\">\(name)</th><td>\(bar)</td><td>\(Percent.number(ratio))</td>"
      + "<td>\(boundary)</td></tr>"
  }
}
