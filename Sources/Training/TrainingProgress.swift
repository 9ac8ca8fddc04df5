import Foundation

/// How far a run is: steps done, and the best validation so far. Kept in checkpoints.
public struct TrainingProgress: Codable, Sendable, Equatable {
  /// Steps done.
  public var iteration = 0
  public var bestMeanIoU: Double?
  /// Seconds spent in this run, over all its starts.
  public var seconds = 0.0
  /// Whether the validation after the last step is still to be done.
  public var isValidationDue = false

  public init() {}

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    iteration = try container.decode(Int.self, forKey: .iteration)
    bestMeanIoU = try container.decodeIfPresent(Double.self, forKey: .bestMeanIoU)
    seconds = try container.decode(Double.self, forKey: .seconds)
    // Checkpoints of earlier versions do not say.
    isValidationDue = try container.decodeIfPresent(Bool.self, forKey: .isValidationDue) ?? false
  }
}
