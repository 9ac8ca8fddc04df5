import Evaluation

/// How a run ended.
public enum TrainingOutcome: Sendable {
  /// Stopped on request, with everything saved.
  case interrupted
  /// Trained to the end; evaluated where there are validation images.
  case finished(EvaluationResult?)
}
