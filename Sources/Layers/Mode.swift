import Processes
import Tensors

/// Whether a network learns or predicts: batch normalisation and dropout differ.
public struct Mode {
  public let isTraining: Bool
  /// The processes whose batches count as one, nil where this one is alone.
  public let group: ProcessGroup?
  /// What dropout draws from, nil for the device's standard source, which all threads share.
  let generator: Generator?
  /// Whether running statistics take in the batch.
  private(set) var updatesStatistics: Bool

  public static var evaluation: Mode {
    Mode(isTraining: false, group: nil, generator: nil, updatesStatistics: false)
  }

  public static var training: Mode { training() }

  /// Learning from one batch that is spread over processes: the result does not depend on their number if their generators
  /// are in one state.
  public static func training(across group: ProcessGroup? = nil, drawingFrom generator: Generator? = nil) -> Mode {
    Mode(isTraining: true, group: group, generator: generator, updatesStatistics: true)
  }

  /// The same for a batch that went through the network before.
  public var repeated: Mode {
    var mode = self
    mode.updatesStatistics = false
    return mode
  }
}
