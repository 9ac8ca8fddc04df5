import Batches
import Checkpoints
import Datasets
import Images
import Layers
import Losses
import Networks
import Processes
import Tensors
import TestSupport
import Testing
import Training

/// A run with a small network on photographs of the demo data: three batches of two in each epoch.
struct SmallRun {
  static let batchesPerEpoch = 3

  let folder: TemporaryFolder
  let network: BLPSeg
  let loader: BatchLoader
  let trainer: Trainer

  /// A new start in `folder`, with fresh weights.
  init(
    _ folder: TemporaryFolder, iterations: Int, width: Int = 8, dropout: Double = 0.1,
    objective: Objective.Settings = Objective.Settings(), teacherDecay: Double? = nil,
    _ configure: (inout TrainingConfiguration) -> Void = { _ in }
  ) throws {
    self.folder = folder
    network = try Self.network(width: width, dropout: dropout)
    loader = try Self.loader()
    let configuration = Self.configuration(iterations: iterations, configure)
    trainer = Trainer(
      try Self.step(network, configuration, objective: objective, teacherDecay: teacherDecay), loader, configuration,
      iterations: iterations,
      folder: RunFolder(folder.path), metadata: ["settings": "small"])
  }

  /// All losses, each in part.
  static let everyLoss: Objective.Settings = {
    var settings = Objective.Settings()
    settings.partialCrossEntropy.weight = 1
    settings.partialCrossEntropy.classWeightLimit = 3
    settings.absentClasses.weight = 0.5
    settings.tags.weight = 0.5
    settings.tagClassifier.weight = 0.5
    settings.entropy.weight = 0.1
    settings.teacherLabels.weight = 0.5
    settings.teacherLabels.threshold = 0.4
    settings.potts.weight = 0.5
    settings.selfLabels.weight = 0.1
    settings.gatedCRF.weight = 0.01
    settings.denseCRF.weight = 0.1
    settings.treeEnergy.weight = 0.1
    return settings
  }()

  static func network(width: Int = 8, dropout: Double, type: ElementType = .float32) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(
      backbone: .efficientNetLite0, classCount: 3, decoderWidth: width, dropout: dropout)
    return try BLPSeg(configuration, ParameterStore(type: type, seed: 11))
  }

  static func configuration(
    iterations: Int, _ configure: (inout TrainingConfiguration) -> Void = { _ in }
  ) -> TrainingConfiguration {
    var configuration = TrainingConfiguration()
    configuration.length = .iterations(iterations)
    configuration.learningRate = 1e-3
    configuration.selfTrainingStart = .iteration(4)
    configuration.selfTrainingThreshold = 0.4
    configuration.logEvery = 1
    configuration.checkpointEvery = 0
    configure(&configuration)
    return configuration
  }

  /// A step as a run of these settings takes it.
  static func step(
    _ network: BLPSeg, _ configuration: TrainingConfiguration, _ group: ProcessGroup? = nil,
    objective: Objective.Settings = Objective.Settings(), teacherDecay: Double? = nil
  ) throws -> TrainingStep {
    let plan = configuration.plan(batchesPerEpoch: batchesPerEpoch)
    let teacher = try teacherDecay.map {
      try MeanTeacher(of: network, decay: $0, autocastType: configuration.precision.autocastType, on: .cpu)
    }
    return try TrainingStep(
      network, Objective(objective.losses, learningFrom: plan.selfTraining, teacher: teacher), configuration,
      schedule: plan.schedule, seed: 5, on: .cpu, group)
  }

  static func loader(batchSize: Int = 2, part: Range<Int>? = nil) throws -> BatchLoader {
    let ids = ["Abyssinian_217", "Bengal_152", "Bengal_93", "Birman_108", "Birman_128", "Birman_199", "Birman_2"]
    let list = try TemporaryFolder()
    try list.write("list.txt", ids.joined(separator: "\n"))
    let layout = DatasetLayout(
      images: Fixture.demo("JPEGImages"), scribbles: Fixture.demo("scribbles"), list: list("list.txt"))
    let dataset = try SegmentationDataset(layout, classes: ClassList(["background", "cat", "dog"]))
    return try BatchLoader(
      dataset, Augmentation(crop: 64), BackboneDescription.efficientNetLite0.normalization, batchSize: batchSize,
      part: part, seed: 5, threads: 1)
  }

  var files: RunFolder { trainer.folder }

  /// Iterations done when the last checkpoint was written; nil where there is none.
  func savedIteration() -> Int? {
    let metadata = (try? Safetensors.describe(files.lastCheckpoint))?.metadata ?? [:]
    return TrainingCheckpoint.progress(in: metadata)?.iteration
  }

  /// The bytes of every tensor of the network.
  func weights() throws -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: try network.store.entries.map { ($0.name, try $0.tensor.bytes()) })
  }

  /// The bytes of every tensor in a file.
  static func tensors(_ path: String) throws -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: try Safetensors.read(path).map { ($0.name, try $0.tensor.bytes()) })
  }
}

extension LossValues {
  var scribble: Double { self["scribble"] ?? .nan }
  var segmentation: Double { self["blp"] ?? .nan }
}

extension MetricsEntry {
  var scribbleLoss: Double? {
    get { values["scribble_loss"] }
    set { values["scribble_loss"] = newValue }
  }
  var segmentationLoss: Double? {
    get { values["segmentation_loss"] }
    set { values["segmentation_loss"] = newValue }
  }
}

/// Names under which two sets of tensors differ.
func differences(_ a: [String: [UInt8]], _ b: [String: [UInt8]]) -> [String] {
  Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }.sorted()
}
