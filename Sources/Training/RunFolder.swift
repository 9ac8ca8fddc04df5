/// The folder of a run, and what lies where in it.
public struct RunFolder: Sendable, Equatable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// The state to continue from.
  public var lastCheckpoint: String { "\(path)/last.safetensors" }
  /// Weights of the best validation.
  public var bestCheckpoint: String { "\(path)/best.safetensors" }
  /// Losses and validations, one JSON object per line.
  public var metrics: String { "\(path)/metrics.jsonl" }
  /// The console messages, with times.
  public var log: String { "\(path)/train.log" }
  /// When, how and with what software the run was started and continued, as JSON.
  public var starts: String { "\(path)/run.json" }
  /// The resolved settings.
  public var settings: String { "\(path)/settings.yaml" }
  /// Result of the last evaluation.
  public var evaluation: String { "\(path)/evaluation.json" }
  /// The page that shows what was learnt.
  public var report: String { "\(path)/report.html" }
}
