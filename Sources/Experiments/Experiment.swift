import Batches
import Datasets
import Files
import Images
import Networks
import Prediction
import Tensors
import Training

/// An experiment's settings, and the parts that they describe.
public struct Experiment {
  public let settings: ExperimentSettings
  public let classes: ClassList
  public let device: Device

  /// Reads the class list and finds the device. Throws where either cannot be had.
  public init(_ settings: ExperimentSettings) throws {
    self.settings = settings
    classes = try settings.data.classList()
    device = try Device(settings.device)
    if settings.threads > 0 { LibTorch.threadCount = settings.threads }
  }

  /// Where the run keeps its files.
  public var folder: RunFolder { RunFolder(settings.output) }

  /// The training images with their scribbles.
  public func trainingSet() throws -> SegmentationDataset {
    let data = settings.data
    return try SegmentationDataset(
      DatasetLayout(
        images: data.path(data.images), scribbles: data.path(data.scribbles), list: data.path(data.trainList)),
      classes: classes)
  }

  /// The validation images with their ground truth; nil where the settings name none.
  public func validationSet() throws -> SegmentationDataset? {
    let data = settings.data
    guard let list = data.validationList, let masks = data.masks else { return nil }
    return try SegmentationDataset(
      DatasetLayout(images: data.path(data.images), masks: data.path(masks), list: data.path(list)), classes: classes)
  }

  /// What the network is made of.
  public var configuration: BLPSegConfiguration { settings.model.configuration(classCount: classes.count) }

  /// The views of `evaluation`.
  public var views: Views { Views(scales: settings.evaluation.scales, mirror: settings.evaluation.mirror) }

  /// The batches of the training set.
  func loader(_ dataset: SegmentationDataset) throws -> BatchLoader {
    let data = settings.data
    return try BatchLoader(
      dataset, Augmentation(flipProbability: data.flipProbability, scale: data.scale, crop: data.crop),
      ChannelNormalization(settings.model.backbone), batchSize: settings.training.batchSize,
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
    result.precision = training.precision
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
    result.seed = UInt64(settings.seed)
    return result
  }
}

extension DataSettings {
  /// A path below `root`; absolute paths stay as they are.
  func path(_ relative: String) -> String { relative.hasPrefix("/") ? relative : "\(root)/\(relative)" }

  func classList() throws -> ClassList {
    switch classes {
    case .voc: return .voc
    case .file(let file): return try ClassList(contentsOf: path(file))
    case .names(let names):
      do {
        return try ClassList(names)
      } catch {
        throw SettingsError(source: "data.classes", problem: error.problem)
      }
    }
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
  public init(_ setting: ExperimentSettings.Device) throws {
    switch setting {
    case .auto: self = .best
    case .cpu: self = .cpu
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
