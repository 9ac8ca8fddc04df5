import Checkpoints
import Datasets
import Evaluation
import Files
import Foundation
import Images
import Models
import Networks
import Processes
import Reports
import Settings
import Tensors
import Training

/// How a run ended.
public enum TrainingOutcome: Sendable {
  /// Stopped on request, with everything saved.
  case interrupted
  /// Trained to the end; evaluated where there are validation images.
  case finished(EvaluationResult?)
}

/// Trains the network of an experiment.
public struct TrainingRun {
  let experiment: Experiment
  /// The lock of the run's folder, where whoever starts the run has it already.
  private let heldLock: RunLock?

  public init(_ experiment: Experiment) { self.init(experiment, holding: nil) }

  init(_ experiment: Experiment, holding lock: RunLock?) {
    self.experiment = experiment
    heldLock = lock
  }

  /// Trains from the start, or from the run's last checkpoint; at the end evaluates the validation images in one view,
  /// if there are any, and writes the report.
  ///
  /// Throws when the run's folder holds a run already and `resume` is false, or holds none and it is true, and when
  /// another process trains in it.
  ///
  /// Of several processes the first one does what is outside of training; it needs the folder, the others the images
  /// alone. Where one of them is lost the others throw `ProcessLoss`.
  ///
  /// `command` is kept in the run's folder: how the run was started.
  public func run(
    resume: Bool, command: [String] = [], _ observer: TrainingObserver = TrainingObserver()
  ) throws -> TrainingOutcome {
    try requireBatch()
    if experiment.settings.model.kind == .frozenFeatures { return try fit(resume, command, observer) }
    guard let launch = experiment.launch else { return try train(resume, command, observer, nil) }
    let (log, lost) = (experiment.isFirst ? experiment.folder.log : nil, observer.lost)
    let monitor = try ProcessMonitor(launch, name: Self.processName, isCancelled: observer.shouldStop) { loss in
      if let log, FileManager.default.fileExists(atPath: log) { try? RunLog(log).append("\(loss)") }
      lost(loss)
    }
    defer { monitor.stop() }
    return try monitor.explaining {
      try experiment.requireSameExperiment(monitor)
      let group = try ProcessGroup(monitor, on: experiment.device, isCancelled: observer.shouldStop)
      return try train(resume, command, observer, (group, monitor))
    }
  }

  /// Trains alone, or with the processes of a group.
  private func train(
    _ resume: Bool, _ command: [String], _ observer: TrainingObserver,
    _ processes: (group: ProcessGroup, monitor: ProcessMonitor)?
  ) throws -> TrainingOutcome {
    let group = processes?.group
    let (lock, resume, doubts) = try start(resume, observer, group)
    defer { withExtendedLifetime(lock) {} }
    let training = try experiment.trainingSet()
    if let monitor = processes?.monitor { try experiment.requireSameFiles(training, monitor) }
    let validation = try experiment.validationSet()
    let loader = try experiment.loader(training)
    let network = try experiment.makeNetwork(loadingBackbone: !resume && experiment.isFirst, observer.warn)
    let (step, plan) = try experiment.trainingStep(network, batchesPerEpoch: loader.batchesPerEpoch, group)
    let trainer = Trainer(
      step, loader, experiment.settings.training, iterations: plan.iterations, folder: experiment.folder,
      colors: experiment.classes.colors,
      metadata: checkpointMetadata(training))
    let changedSettings = resume ? try continueRun(trainer) : []
    if !resume { try trainer.share() }
    guard experiment.isFirst else { return try follow(trainer, observer) }

    try OutputFile.write(experiment.settings.resolvedYAML, to: experiment.folder.settings)
    try RunStart(experiment, command: command, iteration: trainer.progress.iteration).append(
      to: experiment.folder.starts)
    observer.planned(
      .init(
        images: training.count, validationImages: validation?.count ?? 0, iterations: plan.iterations,
        batchesPerEpoch: loader.batchesPerEpoch, batchSize: loader.batchSize,
        firstIteration: trainer.progress.iteration, changedSettings: changedSettings, device: experiment.device,
        processes: group?.count ?? 1, log: try RunLog(experiment.folder.log),
        parameters: network.store.parameters.reduce(0) { $0 + $1.tensor.elementCount }, doubts: doubts))

    // Made anew for each validation: predictors keep the network as it is when they are made.
    func evaluator() throws -> Evaluator {
      Evaluator(try experiment.predictor(step.predicting, .single), classes: experiment.classes)
    }
    var validated: (iteration: Int, result: EvaluationResult)?
    var validating = observer
    validating.validate = validation.map { validation in
      {
        guard let result = try evaluate(evaluator(), validation, observer) else { return .stopped }
        validated = (trainer.progress.iteration, result)
        return result.meanIoU.map { .score($0) } ?? .undefined
      }
    }
    let outcome = try trainer.run(validating)
    // From here on the others may end.
    try group?.waitForAll()
    processes?.monitor.stop()
    guard outcome == .finished else { return .interrupted }
    let isFresh = validated?.iteration == trainer.progress.iteration
    return try conclude(
      evaluator(), training, validation, isFresh ? validated?.result : nil, trainer.progress, observer)
  }

  /// Evaluates the validation images, if there are any and `known` is not their result already, and writes the report.
  ///
  /// Weights are saved already: a run that is stopped here and continued has only this part left to do.
  func conclude(
    _ evaluator: Evaluator, _ training: SegmentationDataset, _ validation: SegmentationDataset?,
    _ known: EvaluationResult?, _ progress: TrainingProgress, _ observer: TrainingObserver
  ) throws -> TrainingOutcome {
    let report = ExperimentReport(experiment, evaluator.predictor)
    guard let validation else {
      try report.write(training, nil, progress)
      return .finished(nil)
    }
    let last = try known ?? evaluate(evaluator, validation, observer)
    guard let result = last, !observer.shouldStop() else { return .interrupted }
    try result.write(to: experiment.folder.evaluation)
    try report.write(training, (validation, result), progress)
    return .finished(result)
  }

  /// Trains as one of the processes that write nothing.
  private func follow(_ trainer: Trainer, _ observer: TrainingObserver) throws -> TrainingOutcome {
    let outcome = try trainer.run(observer)
    try trainer.group?.waitForAll()
    return outcome == .finished ? .finished(nil) : .interrupted
  }

  /// Locks the run's folder, checks it and what the run needs, and returns whether the run is continued: as asked, or
  /// where the launcher has started the processes again and there is a checkpoint.
  ///
  /// Of several processes the first has the lock and returns doubts; the others wait for it.
  func start(
    _ resume: Bool, _ observer: TrainingObserver, _ group: ProcessGroup?
  ) throws -> (lock: RunLock?, resume: Bool, doubts: [String]) {
    var lock: RunLock?
    var doubts: [String] = []
    func begin() throws -> Bool {
      lock = try heldLock ?? RunLock(experiment.folder, holder: Self.processName, warn: observer.warn)
      let state = RunState(of: experiment.folder)
      if let group, group.launch.restarts > 0 { return state == .continuable }
      try state.require(resume: resume, in: experiment.folder)
      doubts = try experiment.checked(resume, observer)
      return resume
    }
    guard let group else {
      let isContinued = try begin()
      return (lock, isContinued, doubts)
    }
    let answer = try group.broadcast { try begin() ? "continue" : "begin" }
    return (lock, answer == "continue", doubts)
  }

  /// This process, for others.
  static var processName: String {
    "pid \(ProcessInfo.processInfo.processIdentifier) on \(ProcessInfo.processInfo.hostName)"
  }

  /// The result of the validation images, or nil where the run was asked to stop.
  private func evaluate(
    _ evaluator: Evaluator, _ validation: SegmentationDataset, _ observer: TrainingObserver
  ) throws -> EvaluationResult? {
    do {
      return try evaluator.result(of: validation, weights: experiment.folder.lastCheckpoint) { done, total in
        observer.evaluating(done, total)
        if observer.shouldStop() { throw StopRequest() }
      }
    } catch is StopRequest {
      return nil
    }
  }

  private struct StopRequest: Error {}

  /// Restores the last checkpoint and returns which settings differ from those it was made with.
  private func continueRun(_ trainer: Trainer) throws -> [String] {
    let path = experiment.folder.lastCheckpoint
    let metadata = experiment.isFirst ? try CheckpointMetadata(Safetensors.describe(path).metadata, path: path) : nil
    if let metadata { try requireSameRun(as: metadata, path: path) }
    try trainer.resume()
    guard trainer.progress.iteration >= 0 else {
      throw FileError.invalid(path, "tells of \(trainer.progress.iteration) steps done; start a new run")
    }
    return metadata.map { experiment.settings.absolute.differences(from: $0.settings.absolute) } ?? []
  }
}

// What a run needs before it begins, and what its checkpoints say.

extension TrainingRun {
  /// Throws where a step would see too few images to normalise by.
  func requireBatch() throws(SettingsError) {
    guard experiment.settings.model.kind == .blpseg else { return }
    guard experiment.settings.training.batchSize < 2 else { return }
    throw SettingsError(
      source: "training.batch_size",
      problem:
        "is \(experiment.settings.training.batchSize), and a single image has no variance after the pooling to 1 x 1, which "
        + "batch normalisation divides by; choose at least 2")
  }

  /// Throws where the run that a checkpoint holds was one of other classes, or of another network.
  func requireSameRun(as metadata: CheckpointMetadata, path: String) throws(FileError) {
    if let difference = ClassDifference(trained: metadata.classes, named: experiment.classes.names) {
      throw .invalid(path, "\(difference), or start a new run in another folder with --set output=FOLDER")
    }
    let differences = experiment.settings.model.differences(from: metadata.settings.model)
      .filter { text in experiment.settings.model.shapingKeys.contains { text.hasPrefix("\($0) ") } }
    guard differences.isEmpty else {
      throw .invalid(
        path,
        "holds another network than the settings: \(differences.map { "model.\($0)" }.joined(separator: "; ")); "
          + "give the values it was made with, or start a new run in another folder with --set output=FOLDER")
    }
  }

  /// What checkpoints say beside their tensors.
  func checkpointMetadata(_ training: SegmentationDataset) -> [String: String] {
    CheckpointMetadata(
      experiment.settings, classes: experiment.classes,
      typicalSide: experiment.isFirst ? typicalSide(of: training) : nil
    ).entries
  }

  /// The median of the longer sides of the photographs, in pixels, after they are reduced; of at most 100 that are spread
  /// evenly over the list. Nil where none can be read.
  private func typicalSide(of training: SegmentationDataset) -> Int? {
    let count = min(100, training.count)
    let sides = (0..<count).compactMap { index -> Int? in
      let size = try? Image.size(ofFile: training.items[index * training.count / count].image)
      return size.map { max($0.width, $0.height) }
    }.sorted()
    guard !sides.isEmpty else { return nil }
    let median = sides[sides.count / 2]
    return min(median, experiment.settings.data.augmentation.maxSide ?? median)
  }
}

extension ModelSettings {
  /// Settings that decide the shapes of the network's tensors.
  fileprivate var shapingKeys: [String] {
    switch kind {
    case .blpseg: ["network", "backbone", "decoder_width"]
    case .featurePyramid: ["network", "backbone", "decoder_width", "output_stride", "local_aggregation"]
    case .frozenFeatures: ["network", "backbone", "feature_scales", "head_width"]
    }
  }
}
