import Losses
import Settings

/// A loss as a run's record, the console and the report name it.
public struct RecordedLoss: Sendable {
  /// One word.
  public let name: String
  /// The key of its values in `metrics.jsonl`.
  public let metricsKey: String
  /// Its name in the report.
  let title: String
  /// A phrase that says what it measures.
  let explanation: String

  init(_ loss: any Loss) {
    self.init(name: loss.name, title: loss.title, explanation: loss.explanation, metricsKey: loss.metricsKey)
  }

  private init(name: String, title: String, explanation: String, metricsKey: String) {
    (self.name, self.title, self.explanation, self.metricsKey) = (name, title, explanation, metricsKey)
  }

  /// The losses of a head that is fitted to frozen features.
  static let ofFitting = [
    scribbles, absent, tags,
  ]
  static let scribbles = RecordedLoss(
    name: "scribbles", title: "scribble loss", explanation: "cross entropy at scribbled pixels",
    metricsKey: "scribbles_loss")
  static let absent = RecordedLoss(
    name: "absent", title: "absent-class loss",
    explanation: "probability of classes that are not on the photograph, at unlabelled pixels",
    metricsKey: "absent_loss")
  static let tags = RecordedLoss(
    name: "tags", title: "tag loss", explanation: "error of the classifier that tells which classes a photograph shows",
    metricsKey: "tags_loss")
}

extension ExperimentSettings {
  /// What the record of a run with these settings holds of losses.
  var recordedLosses: [RecordedLoss] {
    switch model.kind {
    case .blpseg, .featurePyramid: loss.objective.losses.map(RecordedLoss.init)
    case .frozenFeatures: RecordedLoss.ofFitting
    }
  }
}
