import Foundation

/// How far a run is: steps done, and the best validation so far. Kept in checkpoints.
public struct TrainingProgress: Codable, Sendable, Equatable {
  /// Steps done.
  public var iteration = 0
  public var bestMeanIoU: Double?
  /// Seconds spent in this run, over all its starts.
  public var seconds = 0.0

  public init() {}
}
