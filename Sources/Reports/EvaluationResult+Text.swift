import Evaluation
import Files
import Foundation
import Images

extension EvaluationResult {
  /// The means over classes and pixels with their names, in the order in which they are shown.
  var means: [(name: String, iou: Double?, boundaryIoU: Double?)] {
    [
      ("mean IoU", meanIoU, meanBoundaryIoU), ("pixel accuracy", pixelAccuracy, nil),
      ("mean accuracy", meanAccuracy, nil), ("frequency-weighted IoU", frequencyWeightedIoU, nil),
    ]
  }

  /// IoU and boundary IoU of each class and the means, in percent, in aligned columns; below them, where there are
  /// `others`, a line for each set of views.
  package var table: String {
    let perClass = classes.indices.map { label in
      [oneLine(classes[label]), Percent.number(iou[label]), Percent.number(boundaryIoU[label])]
    }
    let means = means.enumerated().map { row, mean in
      [mean.name, Percent.number(mean.iou), row == 0 ? Percent.number(mean.boundaryIoU) : ""]
    }
    let table = TextTable(header: ["class", "IoU %", "boundary IoU %"], groups: [perClass, means]).text
    return [table, absence, others.isEmpty ? nil : comparison].compactMap { $0 }.joined(separator: "\n\n")
  }

  /// A sentence about the classes that occur in no mask; nil where every class occurs.
  private var absence: String? {
    let absent = classes.indices.filter { iou[$0] == nil }
    if absent.isEmpty { return nil }
    if absent.count == classes.count { return "The masks hold no class, so that nothing could be evaluated." }
    let names = absent.map { oneLine(classes[$0]) }.joined(separator: ", ")
    return "In no mask, and left out of the means: \(names)."
  }

  /// A line for each set of views, this one and the others, the cheapest first.
  private var comparison: String {
    let effort = { (result: EvaluationResult) in (result.views.count, result.crf == nil ? 0 : 1) }
    let rows = ([self] + others).sorted { effort($0) < effort($1) }.map { result in
      [result.viewsText] + (result.means.map(\.iou) + [result.meanBoundaryIoU]).map { Percent.number($0) }
    }
    let header = ["views", "mean IoU %", "pixel acc. %", "mean acc. %", "freq.-w. IoU %", "mean boundary IoU %"]
    return TextTable(header: header, groups: [rows]).text
  }

  /// The views and the CRF in few words.
  var viewsText: String { views.description(crf: crf != nil) }
}

extension EvaluationResult {
  /// Writes the JSON to `path`, and the confusion matrix, where it is known, as a picture to `picturePath(beside:)`.
  package func write(to path: String) throws {
    try OutputFile.write(try json(), to: path)
    guard let confusion else { return }
    let picture = ConfusionPicture(confusion, classes: classes)
    try OutputFile.write(picture.svg(), to: EvaluationResult.picturePath(beside: path))
  }

  /// The path of the confusion matrix beside the JSON at `path`: `evaluation.confusion.svg` beside `evaluation.json`.
  package static func picturePath(beside path: String) -> String {
    "\(Path.withoutExtension(path)).confusion.svg"
  }

  /// The path of the page beside the JSON at `path`: `evaluation.html` beside `evaluation.json`.
  package static func pagePath(beside path: String) -> String {
    let page = "\(Path.withoutExtension(path)).html"
    return page == path ? "\(Path.withoutExtension(path)).report.html" : page
  }
}

extension Views {
  /// The views in few words: "single view", or "scales 0.5, 1 x mirror + CRF".
  package func description(crf: Bool) -> String {
    let factors = scales.map { String(format: "%g", $0) }.joined(separator: ", ")
    let kind = scales == [1] && !mirror ? "single view" : "scale\(scales.count == 1 ? "" : "s") \(factors)"
    return kind + (mirror ? " x mirror" : "") + (crf ? " + CRF" : "")
  }
}
