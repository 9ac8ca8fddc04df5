import Evaluation
import Files
import Images

/// A web page about one experiment: numbers, curves and pictures, in one self-contained file.
package struct Report: Sendable {
  /// A number for the head of the page, such as "mIoU" and "71.20 %".
  package struct KeyNumber: Sendable, Equatable {
    package var name: String
    package var value: String
    /// What the number means, in a sentence; may be empty.
    package var meaning: String

    package init(_ name: String, _ value: String, meaning: String = "") {
      self.name = name
      self.value = value
      self.meaning = meaning
    }
  }

  /// Images under a common heading.
  package struct Section: Sendable {
    package var title: String
    /// How to read the pictures, in a sentence or two above them.
    package var note: String
    package var rows: [ReportRow]

    package init(title: String, note: String = "", rows: [ReportRow]) {
      self.title = title
      self.note = note
      self.rows = rows
    }
  }

  /// A step that a reader may take, and the command for it, which may be empty.
  package struct Advice: Sendable, Equatable {
    package var text: String
    package var code: String

    package init(_ text: String, code: String = "") {
      self.text = text
      self.code = code
    }
  }

  /// The title of the page, usually the experiment's name.
  package var title: String
  /// One sentence below the title.
  package var summary: String
  /// Where, when and how the results were obtained, such as "command" and "blpseg train demo.yaml".
  package var facts: [KeyNumber]
  /// The numbers that a reader looks for first; the first one is set largest.
  package var keyNumbers: [KeyNumber]
  /// Curves over iterations or epochs.
  package var charts: [LineChart]
  /// The evaluation that fills the table of classes.
  package var evaluation: EvaluationResult?
  /// The analysis that fills curves and tables by distance.
  package var preference: PreferenceResult?
  /// The study that fills tables and curves by cell.
  package var study: StudyResult?
  /// Class names in the order of their labels, for the legend of colours.
  package var classes: [String]
  /// The colours that the pictures use for the classes.
  package var colors: ColorMap
  /// Images with their predictions, in the order shown.
  package var sections: [Section]
  /// What to do next; empty leaves the section out.
  package var advice: [Advice]
  /// The settings used, as YAML; empty leaves the section out.
  package var settings: String

  package init(
    title: String, summary: String = "", facts: [KeyNumber] = [], keyNumbers: [KeyNumber] = [],
    charts: [LineChart] = [], evaluation: EvaluationResult? = nil, preference: PreferenceResult? = nil,
    study: StudyResult? = nil, classes: [String] = [], colors: ColorMap = .bright, sections: [Section] = [],
    advice: [Advice] = [], settings: String = ""
  ) {
    self.title = title
    self.summary = summary
    self.facts = facts
    self.keyNumbers = keyNumbers
    self.charts = charts
    self.evaluation = evaluation
    self.preference = preference
    self.study = study
    self.classes = classes
    self.colors = colors
    self.sections = sections
    self.advice = advice
    self.settings = settings
  }

  /// Writes the page to `path`.
  ///
  /// Throws a `FileError`, or an `ImageEncodingError` for a picture that cannot be embedded.
  package func write(to path: String) throws {
    try OutputFile.write(try html(), to: path)
  }
}

extension Report {
  /// Size of pictures and JPEG quality of photographs, the best first.
  private static let sizes: [(side: Int, quality: Int)] = [
    (480, 80), (400, 78), (340, 75), (280, 72), (232, 68), (192, 62), (160, 55),
  ]
  /// Limit of bytes of a whole page, where its pictures can be made that small.
  private static let pageSize = 2_900_000
  /// Bytes for pictures even where the rest of a page is large.
  private static let leastRoom = 1_000_000

  /// The sections of images, with the largest pictures that the size limit allows beside `rest` other bytes.
  func pictureSections(besides rest: Int) throws(ImageEncodingError) -> [String] {
    let shown = sections.filter { !$0.rows.isEmpty }
    let room = max(Self.pageSize - rest, Self.leastRoom)
    for (side, quality) in Self.sizes.dropLast() {
      if let cards = try cards(of: shown, side, quality, room: room) { return join(shown, cards) }
    }
    guard let smallest = Self.sizes.last, let cards = try cards(of: shown, smallest.side, smallest.quality, room: .max)
    else { return [] }
    return join(shown, cards)
  }

  /// Nil where they exceed the available bytes.
  private func cards(
    of sections: [Section], _ side: Int, _ quality: Int, room: Int
  ) throws(ImageEncodingError) -> [[String]]? {
    var size = 0
    var result: [[String]] = []
    for (number, section) in sections.enumerated() {
      var cards: [String] = []
      for (index, row) in section.rows.enumerated() {
        let card = ReportCard(
          row: row.shrunk(to: side), id: "p\(number)-\(index)", classes: classes, colors: colors, quality: quality)
        cards.append(try card.html())
        size += cards[index].utf8.count
        if size > room { return nil }
      }
      result.append(cards)
    }
    return result
  }

  private func join(_ sections: [Section], _ cards: [[String]]) -> [String] {
    zip(sections, cards).enumerated().map { number, pair in
      let note = pair.0.note.isEmpty ? "" : "<p class=\"note\">\(escaped(pair.0.note))</p>\n"
      let choice = pair.0.rows.contains { $0.prediction != nil } ? Self.choice(number) : ""
      let keys = Self.keys(pair.0.rows)
      return section(pair.0.title, note + keys + choice + pair.1.joined(separator: "\n"))
    }
  }

  /// The meaning of the colours of error pictures and heat maps.
  private static func keys(_ rows: [ReportRow]) -> String {
    var keys: [String] = []
    if rows.contains(where: { $0.prediction != nil && $0.groundTruth != nil }) {
      keys += [
        "<li><i class=\"swatch\" style=\"background:\(Layer.errorColor.hex)\"></i>wrong in the picture of errors</li>",
        "<li><i class=\"swatch void\"></i>not compared, as the ground truth leaves it open</li>",
      ]
    }
    if rows.contains(where: { $0.annotationProbability != nil }) {
      keys.append(
        "<li><i class=\"ramp\"></i>annotation probability: how likely the network takes each pixel to be scribbled on, "
          + "dark for unlikely, yellow for likely</li>")
    }
    return keys.isEmpty ? "" : "<ul class=\"legend keys\">\(keys.joined())</ul>\n"
  }

  /// Switches between displays of the regions, without a script.
  private static func choice(_ number: Int) -> String {
    let displays = [("both", "colours over the photograph"), ("outlines", "outlines"), ("solid", "colours alone")]
    let inputs = displays.enumerated().map { index, display in
      "<label><input type=\"radio\" name=\"view\(number)\" class=\"\(display.0)\"\(index == 0 ? " checked" : "")> \(display.1)</label>"
    }
    return "<fieldset class=\"views\"><legend>Regions</legend>\(inputs.joined())</fieldset>\n"
  }
}
