import Evaluation
import Foundation
import Images

extension Report {
  /// The whole page as HTML, pictures embedded.
  ///
  /// Every text is escaped, and the page fetches nothing. It has at most 3 MB for 100 images of usual aspect ratios:
  /// the more images, the smaller their pictures.
  package func html() throws(ImageEncodingError) -> String {
    var sections: [String] = []
    if !charts.isEmpty {
      sections.append(section("Training", "<div class=\"charts\">\(charts.map { $0.html() }.joined())</div>"))
    }
    if let preference { sections.append(preference.html) }
    if let study { sections += study.sections(colors) }
    if let evaluation { sections += evaluationSections(evaluation) }
    var end: [String] = []
    if !advice.isEmpty { end.append(section("How to go on", steps)) }
    if !settings.isEmpty {
      let owner = study.map { "the reference, \($0.reference)" } ?? "this run"
      let text =
        "<details><summary>Settings of \(escaped(owner))</summary><pre>\(escaped(settings))</pre></details>"
      end.append(section("Settings", text))
    }
    let rest = (sections + end).reduce(0) { $0 + $1.utf8.count } + settings.utf8.count + ReportStyle.css.utf8.count
    sections += try pictureSections(besides: rest) + end
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
      <title>\(escaped(title))</title>
      <style>\(ReportStyle.css)</style>
      </head>
      <body>
      <main>
      <header>
      <h1>\(escaped(title))</h1>
      \(summary.isEmpty ? "" : "<p class=\"summary\">\(escaped(summary))</p>")
      \(factList)
      \(numbers)
      </header>
      \(sections.joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }

  func section(_ heading: String, _ body: String) -> String {
    "<section>\n<h2>\(escaped(heading))</h2>\n\(body)\n</section>"
  }

  private var factList: String {
    if facts.isEmpty { return "" }
    let items = facts.map { "<div><dt>\(escaped($0.name))</dt><dd>\(escaped($0.value))</dd></div>" }
    return "<dl class=\"facts\">\(items.joined())</dl>"
  }

  private var numbers: String {
    if keyNumbers.isEmpty { return "" }
    let items = keyNumbers.map { number in
      let meaning = number.meaning.isEmpty ? "" : "<dd class=\"meaning\">\(escaped(number.meaning))</dd>"
      return "<div><dt>\(escaped(number.name))</dt><dd>\(escaped(number.value))</dd>\(meaning)</div>"
    }
    return "<dl class=\"numbers\">\(items.joined())</dl>"
  }

  private var steps: String {
    let items = advice.map { step in
      let code = step.code.isEmpty ? "" : "<pre>\(escaped(step.code))</pre>"
      return "<li>\(escaped(step.text))\(code)</li>"
    }
    return "<ul class=\"steps\">\(items.joined())</ul>"
  }
}

extension Report {
  /// The table of classes, and the confusion matrix where it is known.
  func evaluationSections(_ evaluation: EvaluationResult) -> [String] {
    var sections = [section("Classes", classTable(evaluation))]
    if let confusion = evaluation.confusion {
      sections.append(section("Confusions", confusions(confusion, evaluation.classes)))
    }
    return sections
  }

  private func classTable(_ evaluation: EvaluationResult) -> String {
    let classes = evaluation.classes.indices.map { label in
      tableRow(
        swatch(colors, label) + escaped(evaluation.classes[label]), evaluation.iou[label],
        Percent.number(evaluation.boundaryIoU[label]), kind: "")
    }
    let means = evaluation.means.enumerated().map { row, mean in
      tableRow(
        mean.name.prefix(1).uppercased() + mean.name.dropFirst(), mean.iou,
        row == 0 ? Percent.number(mean.boundaryIoU) : "", kind: " class=\"mean\"")
    }
    let isComplete = (evaluation.iou + evaluation.boundaryIoU).allSatisfy { $0 != nil }
    let terms = Self.terms + (isComplete ? [] : [Self.dash])
    let count = "\(evaluation.images) image\(evaluation.images == 1 ? "" : "s")"
    return """
      <p class="note">\(count), \(escaped(evaluation.viewsText)). Weights: <code>\(escaped(evaluation.weights))</code></p>
      <table>
      <thead><tr><th scope="col">Class</th><td></td><th scope="col">IoU %</th><th scope="col">Boundary IoU %</th></tr></thead>
      <tbody>\(classes.joined(separator: "\n"))</tbody>
      <tbody>\(means.joined(separator: "\n"))</tbody>
      </table>
      <dl class="terms">\(terms.map { "<div><dt>\($0.name)</dt><dd>\($0.meaning)</dd></div>" }.joined())</dl>
      """
  }

  /// Explanations of columns and rows.
  private static let terms: [(name: String, meaning: String)] = [
    (
      "IoU",
      "Intersection over union: the area that prediction and ground truth share, divided by the area that either of "
        + "them covers. 100 % is perfect; missing pixels and superfluous ones both count."
    ),
    ("Boundary IoU", "The same of the pixels along contours only: how exactly edges are met."),
    ("Mean IoU (mIoU)", "The mean of the classes' IoU, so that a rare class counts as much as a frequent one."),
    ("Pixel accuracy", "The share of all pixels that are predicted right; large classes dominate it."),
    ("Mean accuracy", "The share of each class's pixels that are predicted right, averaged over the classes."),
    ("Frequency-weighted IoU", "The classes' IoU, weighted with their share of the pixels."),
  ]

  private static let dash = (
    name: "–", meaning: "The class is nowhere in the ground truth: there is nothing to measure."
  )

  private func tableRow(_ name: String, _ ratio: Double?, _ boundary: String, kind: String) -> String {
    let bar = ratio.map { "<span class=\"bar\"><i style=\"width:\(decimals($0 * 100, 1))%\"></i></span>" } ?? ""
    return "<tr\(kind)><th scope=\"row\">\(name)</th><td>\(bar)</td><td>\(Percent.number(ratio))</td>"
      + "<td>\(boundary)</td></tr>"
  }

  /// The matrix beside the list of its largest errors, which fits a phone too.
  private func confusions(_ matrix: ConfusionMatrix, _ classes: [String]) -> String {
    let picture = ConfusionPicture(matrix, classes: classes)
    let largest = Self.largestConfusions(matrix).map { confusion in
      """
      <li><span>\(named(confusion.truth, classes)) <small>taken for</small> \(named(confusion.prediction, classes))</span> \
      <b>\(Percent.text(confusion.share, decimals: 1))</b></li>
      """
    }
    let list =
      largest.isEmpty
      ? "<p class=\"none\">No pixel was taken for another class.</p>"
      : "<ol>\(largest.joined(separator: "\n"))</ol>"
    return """
      <figure class="confusions">
      <figcaption><p class="note">A row for each class of the ground truth: what its pixels were predicted as, in %.</p>
      <ul class="legend"><li><i class="swatch right"></i>right</li><li><i class="swatch wrong"></i>wrong</li></ul></figcaption>
      <div class="scroll\(classes.count > 12 ? " many" : "")">\(picture.element())</div>
      <div class="largest"><h3>Most frequent confusions</h3>
      <p class="note">In % of the pixels of the class that is confused.</p>
      \(list)</div>
      </figure>
      """
  }

  /// A class with its colour, without a line break between them.
  private func named(_ label: Int, _ classes: [String]) -> String {
    "<span class=\"class\">\(swatch(colors, label))\(escaped(classes[label]))</span>"
  }

  /// The classes that are taken for others most often, by their share of the class's pixels, the worst first.
  static func largestConfusions(
    _ matrix: ConfusionMatrix, _ count: Int = 8
  ) -> [(truth: Int, prediction: Int, share: Double)] {
    let totals = matrix.rowSums
    let all = (0..<matrix.classCount).flatMap { truth in
      (0..<matrix.classCount).compactMap { prediction -> (truth: Int, prediction: Int, share: Double)? in
        guard truth != prediction,
          let share = ratio(matrix[groundTruth: truth, prediction: prediction], totals[truth]), share >= 0.001
        else { return nil }
        return (truth, prediction, share)
      }
    }
    return Array(all.sorted { $0.share > $1.share }.prefix(count))
  }
}
