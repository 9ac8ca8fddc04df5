import Batches
import Files
import Images
import Losses
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
    package let log: RunLog
    /// Number of trainable parameters.
    public let parameters: Int
    /// Doubts about the data, a sentence each.
    public let doubts: [String]

    package init(
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
  package var lost: @Sendable (ProcessLoss) -> Void = { _ in }
  /// Validates the network after an epoch; nil for no validation.
  package var validate: (() throws -> Trainer.Validation)?
  /// Asked after each step; true saves and stops.
  public var shouldStop: () -> Bool = { false }

  public init() {}
}

/// Pictures of a training step: what the network was shown, and what it makes of it (Docs/Method.md, "Training").
struct StepPictures {
  /// Images of a batch that are shown.
  static let limit = 4
  private static let columns = 2

  /// Grids of pictures, each with its name; ground truth is missing where there is none.
  private(set) var grids: [(name: String, image: Image)] = []

  /// `groundTruth` has a label map for each of the first images that has one.
  init(
    _ batch: Batch, _ prediction: TrainingStep.Outputs, groundTruth: [LabelMap?], _ normalization: ChannelNormalization,
    threshold: Double, colors: ColorMap
  ) throws {
    let shown = min(batch.ids.count, Self.limit)
    func first(_ tensor: Tensor) throws -> Tensor { try tensor.sliced(0, 0, shown) }
    let labels = try first(prediction.labels)
    let present = try first(batch.classPresent.to(labels.device))
    let logits = try first(prediction.logits)
    let classes = logits.shape[1]

    let photographs = try normalization.images(of: first(batch.image))
    let scribbles = try Self.maps(labels.filled(where: labels.isEqual(to: classes), with: Double(BatchLabel.ignored)))
    add("1 photograph", photographs)
    if groundTruth.contains(where: { $0 != nil }) {
      let blank = LabelMap(width: photographs[0].width, height: photographs[0].height, filledWith: Label.ignored)
      add("2 ground truth", groundTruth.prefix(shown).map { Image(labels: $0 ?? blank, colors: colors) })
    }
    add("3 scribbles", zip(photographs, scribbles).map { $0.drawing(scribbles: $1, colors: colors) })
    let believed = try segmentationPseudoLabels(logits, labels: labels, classPresent: present, threshold: threshold)
    add("4 pseudo labels", try Self.maps(believed).map { Image(labels: $0, colors: colors) })
    if let scribbleLogits = prediction.scribbleLogits {
      let annotation = try scribblePseudoLabels(first(scribbleLogits), labels: labels, classPresent: present)
      add("5 scribble pseudo labels", try Self.maps(annotation).map { Image(labels: $0, colors: colors) })
    }
    add("6 prediction", try Self.maps(logits.argmax(1)).map { Image(labels: $0, colors: colors) })
  }

  private mutating func add(_ name: String, _ images: [Image]) {
    let rows = stride(from: 0, to: images.count, by: Self.columns).map {
      Array(images[$0..<min($0 + Self.columns, images.count)])
    }
    grids.append((name, Image(grid: rows)))
  }

  /// Label maps of int64 `[N, H, W]`.
  private static func maps(_ labels: Tensor) throws -> [LabelMap] {
    let (count, height, width) = (labels.shape[0], labels.shape[1], labels.shape[2])
    let values = try labels.to(.uint8).uint8s()
    return (0..<count).map { index in
      let start = index * height * width
      return LabelMap(width: width, height: height, labels: Array(values[start..<start + height * width]))
    }
  }
}
