import Batches
import Datasets
import Files
import Images
import Networks
import Prediction
import Processes
import Tensors
import Training

/// An experiment's settings, and the parts that they describe.
public struct Experiment {
  public let settings: ExperimentSettings
  public let classes: ClassList
  public let device: Device
  /// This process's place among those that train together, nil where it is alone.
  public let place: ProcessPlace?

  /// Reads the class list and finds the device. Throws where either cannot be had, and where several processes cannot
  /// share a batch equally.
  public init(_ settings: ExperimentSettings, as place: ProcessPlace? = nil) throws {
    self.settings = settings
    self.place = place
    classes = try settings.data.classList()
    device = try Device(settings.device, localRank: place?.localRank)
    let batchSize = settings.training.batchSize
    if let place, batchSize % place.count != 0 {
      throw SettingsError(
        source: "training.batch_size",
        problem: "is \(batchSize), and \(place.count) processes cannot share it equally; choose a multiple")
    }
    ProcessorShare.apply(settings.threads)
  }

  /// Whether this process writes the files.
  var isFirst: Bool { place?.isFirst ?? true }

  /// Where the run keeps its files.
  public var folder: RunFolder { RunFolder(settings.output) }

  /// The training images with their scribbles.
  public func trainingSet() throws -> SegmentationDataset {
    try SegmentationDataset(settings.data.trainingLayout, classes: classes)
  }

  /// Those of the training images whose ground truth is known, for people to see; nil where the settings name none.
  func shownSet() throws -> SegmentationDataset? {
    let data = settings.data
    guard let layout = data.shownLayout else { return nil }
    var faults: [FileError] = []
    return SegmentationDataset(salvaging: layout, classes: classes, &faults)
  }

  /// The validation images with their ground truth; nil where the settings name none.
  public func validationSet() throws -> SegmentationDataset? {
    let data = settings.data
    guard let layout = data.validationLayout else { return nil }
    return try SegmentationDataset(layout, classes: classes)
  }

  /// The images of the validation list for people to see, where the settings name no masks; nil where there are none.
  func unlabelledSet() -> SegmentationDataset? {
    let data = settings.data
    guard data.masks == nil, let list = data.validationList else { return nil }
    var faults: [FileError] = []
    let dataset = SegmentationDataset(
      salvaging: DatasetLayout(images: data.path(data.images), list: data.path(list)), classes: classes, &faults)
    return dataset.items.isEmpty ? nil : dataset
  }

  /// What the network is made of.
  public var configuration: BLPSegConfiguration { settings.model.configuration(classCount: classes.count) }

  /// The views of `evaluation`.
  public var views: Views { Views(scales: settings.evaluation.scales, mirror: settings.evaluation.mirror) }

  /// The precision that the device computes in, which may be another than the settings'.
  public var precision: TrainingConfiguration.Precision { settings.training.precision.computed(on: device) }

  /// What people are told where it is another.
  public var precisionReplacement: String? { settings.training.precision.replacement(on: device) }

  /// What people are told before anything is computed: settings that this machine has another answer to.
  public var notices: [String] { [precisionReplacement, threadReplacement].compactMap { $0 } }

  private var threadReplacement: String? {
    let cores = ProcessorShare.current.cores
    guard settings.threads > cores else { return nil }
    return "computing on \(cores) \(cores == 1 ? "thread" : "threads"): there are no more "
      + "processors, and on \(settings.threads) threads each step would take far longer"
  }

  /// The batches of the training set.
  func loader(_ dataset: SegmentationDataset) throws -> BatchLoader {
    let data = settings.data
    let share = settings.training.batchSize / (place?.count ?? 1)
    let first = share * (place?.rank ?? 0)
    let augmentation = Augmentation(
      flipProbability: data.flipProbability, scale: data.scale, crop: data.crop, maxSide: data.maxSide)
    return try BatchLoader(
      dataset, augmentation,
      ChannelNormalization(settings.model.backbone), batchSize: settings.training.batchSize,
      part: first..<first + share, showing: isFirst ? shownSet() : nil,
      seed: UInt64(settings.seed), threads: data.workers)
  }

  /// The training settings for a training set of so many batches an epoch.
  func trainingConfiguration(batchesPerEpoch: Int) -> TrainingConfiguration {
    let training = settings.training
    let iterations =
      switch training.length {
      case .epochs(let count): count * batchesPerEpoch
      case .iterations(let count): count
      }
    var result = TrainingConfiguration(iterations: iterations)
    result.learningRate = training.learningRate
    result.power = training.power
    result.optimizer.beta1 = training.betas.mean
    result.optimizer.beta2 = training.betas.square
    result.optimizer.epsilon = training.epsilon
    result.optimizer.weightDecay = training.weightDecay
    result.precision = precision
    result.gamma = settings.loss.gamma
    result.selfTrainingStart =
      switch training.selfTrainingStart {
      case .iteration(let start): start
      case .fraction(let share): Int((share * Double(iterations)).rounded())
      }
    result.selfTrainingThreshold = training.selfTrainingThreshold
    result.validateEvery = training.validateEvery
    result.checkpointEvery = training.checkpointEvery
    result.logEvery = training.logEvery
    result.picturesEvery = training.picturesEvery
    result.seed = UInt64(settings.seed)
    result.colors = classes.colors
    return result
  }
}

extension ModelSettings {
  func configuration(classCount: Int) -> BLPSegConfiguration {
    BLPSegConfiguration(
      backbone: backbone, classCount: classCount, decoderWidth: decoderWidth, dropout: dropout,
      sigma: localAggregation ? sigma : nil)
  }
}

extension Device {
  /// The device that the settings name. Throws when this LibTorch does not have it.
  ///
  /// Of several processes on one machine each takes the CUDA device of its number there.
  public init(_ setting: ExperimentSettings.Device, localRank: Int? = nil) throws {
    switch setting {
    case .auto: self = Device(Device.best.kind, index: Device.best.kind == .cuda ? localRank ?? 0 : 0)
    case .cpu: self = .cpu
    case .cuda where localRank != nil: self = Device(.cuda, index: localRank ?? 0)
    case .cuda(let index): self = Device(.cuda, index: index)
    case .mps: self = Device(Device.Kind.mps)
    }
    guard isAvailable else {
      throw SettingsError(
        source: "device",
        problem:
          "\(self) is not there: LibTorch \(LibTorch.version) sees \(Device.count(of: kind)) devices of this kind; "
          + "use cpu, or name a LibTorch built for it in the variable LIBTORCH and build anew")
    }
  }
}
