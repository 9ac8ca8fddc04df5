import Files
import Processes
import Tensors
import Training

/// What a run tells while it trains, and is asked.
public struct TrainingWatch {
  /// What a run is about to do.
  public struct Plan {
    public let images: Int
    public let validationImages: Int
    /// Steps in all.
    public let iterations: Int
    public let batchesPerEpoch: Int
    public let batchSize: Int
    /// Steps done before, where a run is continued.
    public let firstIteration: Int
    /// Where a run is continued with other settings than before: each of them, with both values.
    public let changedSettings: [String]
    public let device: Device
    /// How many processes share the batches.
    public let processes: Int
    /// Where what people are told is kept.
    public let log: RunLog
    /// Numbers that are learnt.
    public let parameters: Int
    /// What the check beforehand found doubtful, a sentence each.
    public let doubts: [String]
  }

  /// Called while the images are checked before a run, with the part of them that is being looked at.
  public var checking: (_ part: String, _ done: Int, _ of: Int) -> Void = { _, _, _ in }

  /// Called once, before the first step.
  public var planned: (Plan) -> Void = { _ in }
  /// Called with what is odd though the run goes on.
  public var warn: (FileWarning) -> Void = { _ in }
  /// Called after each step with the number of steps done.
  public var stepped: (Int) -> Void = { _ in }
  /// Called with each entry of the run's record.
  public var report: (MetricsEntry) -> Void = { _ in }
  /// Called after each validation image.
  public var evaluating: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  /// Called on another thread when one of several processes has gone silent; training may then wait for it for ever.
  public var lost: @Sendable (ProcessLoss) -> Void = { _ in }
  /// Asked after each step; true saves and stops.
  public var shouldStop: () -> Bool = { false }

  public init() {}
}
