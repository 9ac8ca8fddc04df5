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
