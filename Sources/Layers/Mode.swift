import Processes

/// Whether a network learns or predicts: batch normalisation and dropout differ.
public struct Mode {
  public let isTraining: Bool
  /// The processes whose batches count as one, nil where this one is alone.
  public let group: ProcessGroup?
  /// Whether running statistics take in the batch.
  let updatesStatistics: Bool

  public static var evaluation: Mode { Mode(isTraining: false, group: nil, updatesStatistics: false) }

  public static var training: Mode { training(across: nil) }

  /// Learning from one batch that is spread over processes: the result does not depend on their number.
  public static func training(across group: ProcessGroup?) -> Mode {
    Mode(isTraining: true, group: group, updatesStatistics: true)
  }

  /// The same for a batch that went through the network before.
  public var repeated: Mode { Mode(isTraining: isTraining, group: group, updatesStatistics: false) }
}
