import Batches
import Datasets
import Files
import Foundation
import Images
import Losses
import Models
import Networks
import Prediction
import Processes
import Settings
import Tensors
import Training

/// An experiment's settings, and the parts that they describe.
public struct Experiment {
  public let settings: ExperimentSettings
  public let classes: ClassList
  public let device: Device
  /// The rank of this process among those that train together; nil where it trains alone.
  package let launch: LaunchEnvironment?

  /// Reads the class list and finds the device. Throws where either cannot be had.
  public init(_ settings: ExperimentSettings) throws { try self.init(settings, as: nil) }

  /// The same as one of several processes; throws also where they cannot share a batch equally.
  package init(_ settings: ExperimentSettings, as launch: LaunchEnvironment?) throws {
    self.settings = settings
    self.launch = launch
    classes = try settings.data.classList()
    device = try Device(settings.device, localRank: launch?.localRank)
    if device.kind == .cuda { LibTorch.allowTF32(settings.training.allowsTF32) }
    let batchSize = settings.training.batchSize
    if let launch, batchSize % launch.count != 0 {
      throw SettingsError(
        source: "training.batch_size",
        problem: "is \(batchSize), and \(launch.count) processes cannot share it equally; choose a multiple")
    }
  }

  /// Whether this process writes the files.
  var isFirst: Bool { launch?.isFirst ?? true }

  /// Where the run keeps its files.
  public var folder: RunFolder { RunFolder(settings.output) }

  /// The training images with their scribbles.
  public func trainingSet() throws -> SegmentationDataset {
    try SegmentationDataset(settings.data.trainingLayout, classes: classes)
  }

  /// Those of the training images whose ground truth is known, for display; nil where the settings name none.
  func previewSet() throws -> SegmentationDataset? {
    let data = settings.data
    guard let layout = data.previewLayout else { return nil }
    var faults: [FileError] = []
    return SegmentationDataset(salvaging: layout, classes: classes, &faults)
  }

  /// The validation images with their ground truth; nil where the settings name none.
  public func validationSet() throws -> SegmentationDataset? {
    let data = settings.data
    guard let layout = data.validationLayout else { return nil }
    return try SegmentationDataset(layout, classes: classes)
  }

  /// The images of the validation list for display, where the settings name no masks; nil where there are none.
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

  /// What a network of frozen features is made of.
  public var featuresConfiguration: FrozenFeaturesConfiguration {
    settings.model.featuresConfiguration(classCount: classes.count)
  }

  /// The views of `evaluation`.
  public var views: Views { settings.evaluation.views }

  /// The precision that the device computes in, which may be another than the settings'.
  public var precision: Precision { settings.training.precision.computed(on: device) }

  /// A message for the user when the device computes in another precision.
  public var precisionReplacement: String? { settings.training.precision.replacement(on: device) }

  /// Messages for the user before anything is computed: settings that this machine cannot follow.
  public var notices: [String] { [precisionReplacement, threadReplacement].compactMap { $0 } }

  private var threadReplacement: String? {
    let cores = ProcessorShare.current.cores
    guard settings.threads > cores else { return nil }
    return "computing on \(cores) \(cores == 1 ? "thread" : "threads"): there are no more "
      + "processors, and on \(settings.threads) threads each step would take far longer"
  }

  /// The network that the settings describe; see `ExperimentSettings.makeNetwork`.
  public func makeNetwork(
    loadingBackbone: Bool, _ warn: (FileWarning) -> Void = { _ in }
  ) throws -> any SegmentationNetwork {
    try settings.makeNetwork(classCount: classes.count, on: device, loadingBackbone: loadingBackbone, warn)
  }

  /// The network of frozen features that the settings describe; see `ExperimentSettings.makeFeaturesNetwork`.
  func makeFeaturesNetwork(loadingBackbone: Bool, _ warn: (FileWarning) -> Void = { _ in }) throws
    -> FrozenFeaturesNetwork
  {
    try settings.makeFeaturesNetwork(classCount: classes.count, on: device, loadingBackbone: loadingBackbone, warn)
  }

  /// What predicts with a network as the settings say, in these views.
  func predictor(_ network: any TrainedWeights, _ views: Views) throws -> Predictor {
    try Predictor(
      network, views: views, on: device, autocastType: precision.autocastType,
      maxSide: settings.data.augmentation.maxSide)
  }

  /// The batches of the training set.
  func loader(_ dataset: SegmentationDataset) throws -> BatchLoader {
    let data = settings.data
    let share = settings.training.batchSize / (launch?.count ?? 1)
    let first = share * (launch?.rank ?? 0)
    return try BatchLoader(
      dataset, data.augmentation, settings.model.network.backbone.normalization,
      batchSize: settings.training.batchSize, part: first..<first + share, showing: isFirst ? previewSet() : nil,
      seed: UInt64(settings.seed), device: device, threads: data.workers)
  }

  /// The losses that training minimises.
  package var losses: [any Loss] { settings.loss.objective.losses }

  /// What a run's record holds of losses.
  package var recordedLosses: [RecordedLoss] { settings.recordedLosses }

  /// A step of the training that the settings describe, and the numbers of its steps.
  func trainingStep(
    _ network: any SegmentationNetwork, batchesPerEpoch: Int, _ group: ProcessGroup?
  ) throws -> (step: TrainingStep, plan: TrainingPlan) {
    var configuration = settings.training
    configuration.precision = precision
    let plan = configuration.plan(batchesPerEpoch: batchesPerEpoch)
    let teacher = try settings.loss.teacher.averageDecay.map { decay in
      try MeanTeacher(of: network, decay: decay, autocastType: precision.autocastType, on: device)
    }
    let step = try TrainingStep(
      network,
      Objective(
        losses, learningFrom: plan.selfTraining, teacher: teacher, stride: settings.loss.objective.stride),
      configuration,
      schedule: plan.schedule, seed: UInt64(settings.seed), on: device, group)
    return (step, plan)
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

// The weights that an experiment has learnt, or that are given in their place.

extension Experiment {
  /// How the settings have images predicted.
  var predictionRecipe: PredictionRecipe {
    PredictionRecipe(views, crf: settings.evaluation.crf ? settings.evaluation.crfConstants : nil)
  }

  /// A predictor with a file of weights, or with the run's best where none is named, and the path.
  ///
  /// Throws where it predicts other classes than the settings name.
  func trainedPredictor(
    _ weights: String?, _ views: Views, _ warn: (FileWarning) -> Void
  ) throws -> (predictor: Predictor, path: String) {
    guard let path = weights ?? bestWeights else {
      throw FileError(folder.path, .missing, "holds no weights; train first, or name a file with --weights")
    }
    LibTorch.expectManySizes()
    let trained = try TrainedNetwork(path, on: device)
    trained.warnings.forEach(warn)
    try requireSameClasses(as: trained, path: path)
    return (try predictor(trained.network, views), path)
  }

  /// The run's best checkpoint, or its last where there was no validation; nil before the first of them.
  public var bestWeights: String? {
    [folder.bestCheckpoint, folder.lastCheckpoint].first { FileManager.default.fileExists(atPath: $0) }
  }

  /// Throws where weights predict other classes than the settings name, or the same in another order; weights that name
  /// none pass.
  func requireSameClasses(as trained: TrainedNetwork, path: String) throws(FileError) {
    let count = trained.network.architecture.classCount
    guard count == classes.count else {
      throw .invalid(path, "predicts \(count) classes, and data.classes names \(classes.count)")
    }
    if let names = trained.classes, let difference = ClassDifference(trained: names, named: classes.names) {
      throw .invalid(path, "\(difference)")
    }
  }
}

/// How the classes that weights were trained for differ from those of a class list.
struct ClassDifference: CustomStringConvertible {
  private let trained: [String]
  private let named: [String]

  /// Nil where both are the same.
  init?(trained: [String], named: [String]) {
    if trained == named { return nil }
    (self.trained, self.named) = (trained, named)
  }

  /// What differs, and how to go on with the weights' own classes.
  var description: String {
    if trained.count != named.count {
      return "was trained for \(trained.count) classes, and data.classes names \(named.count); \(advice)"
    }
    let place = zip(trained, named).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
    let kind =
      trained.sorted() == named.sorted()
      ? "the same classes in another order"
      : "\(zip(trained, named).count { $0 != $1 }) of \(named.count) names differ"
    return "was trained with class \(place) being \"\(shortened(trained[place]))\", and data.classes names "
      + "\"\(shortened(named[place]))\" there (\(kind)), so that results would stand under wrong names; \(advice)"
  }

  private var advice: String {
    var data = DataSettings()
    data.classes = .names(trained)
    let line = data.yamlLines.first { $0.hasPrefix("classes: ") } ?? ""
    let list = line.dropFirst("classes: ".count)
    return list.count <= 200
      ? "to keep the classes of the weights: --set 'data.classes=\(list)'"
      : "to keep the classes of the weights, give data.classes as 'blpseg inspect checkpoint' lists them"
  }
}
