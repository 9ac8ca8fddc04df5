import Processes

/// Whether a network learns or predicts: batch normalisation and dropout differ.
public struct Mode {
  public let isTraining: Bool
  /// The processes whose batches count as one, nil where this one is alone.
  public let group: ProcessGroup?

  public static var evaluation: Mode { Mode(isTraining: false, group: nil) }

  public static var training: Mode { training(across: nil) }

  /// Learning from one batch that is spread over processes: the result does not depend on their number.
  public static func training(across group: ProcessGroup?) -> Mode { Mode(isTraining: true, group: group) }
}
