import Files
import Processes
import Tensors

/// Callbacks and questions of a training run. All but `lost` are called on the thread that trains.
public struct TrainingObserver {
  /// What a run is about to do.
  public struct Plan {
    public let images: Int
    public let validationImages: Int
    /// Steps in all.
    public let iterations: Int
    public let batchesPerEpoch: Int
    /// Images per step; of a fit to frozen features, scribbled pixels.
    public let batchSize: Int
    /// Steps done before, where a run is continued.
    public let firstIteration: Int
    /// Where a run is continued with other settings than before: each of them, with both values.
    public let changedSettings: [String]
    public let device: Device
    /// How many processes share the batches.
    public let processes: Int
    /// The run's log.
    public let log: RunLog
    /// Number of trainable parameters.
    public let parameters: Int
    /// Doubts about the data, a sentence each.
    public let doubts: [String]

    public init(
      images: Int, validationImages: Int, iterations: Int, batchesPerEpoch: Int, batchSize: Int, firstIteration: Int,
      changedSettings: [String], device: Device, processes: Int, log: RunLog, parameters: Int, doubts: [String]
    ) {
      self.images = images
      self.validationImages = validationImages
      self.iterations = iterations
      self.batchesPerEpoch = batchesPerEpoch
      self.batchSize = batchSize
      self.firstIteration = firstIteration
      self.changedSettings = changedSettings
      self.device = device
      self.processes = processes
      self.log = log
      self.parameters = parameters
      self.doubts = doubts
    }
  }

  /// Called while the images are checked before a run, with the name of the list that is being checked.
  public var checking: (_ part: String, _ done: Int, _ of: Int) -> Void = { _, _, _ in }
  /// Called after each photograph whose frozen features were computed.
  public var computingFeatures: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  /// Called once, before the first step.
  public var planned: (Plan) -> Void = { _ in }
  /// Called with a warning about a file; the run goes on.
  public var warn: (FileWarning) -> Void = { _ in }
  /// Called after each step with the number of steps done.
  public var stepped: (Int) -> Void = { _ in }
  /// Called with each entry of the run's record.
  public var report: (MetricsEntry) -> Void = { _ in }
  /// Called after each validation image.
  public var evaluating: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  /// Called on another thread when one of several processes is lost; training may then wait for it for ever.
  public var lost: @Sendable (ProcessLoss) -> Void = { _ in }
  /// Validates the network after an epoch; nil for no validation.
  public var validate: (() throws -> Trainer.Validation)?
  /// Asked after each step; true saves and stops.
  public var shouldStop: () -> Bool = { false }

  public init() {}
}
