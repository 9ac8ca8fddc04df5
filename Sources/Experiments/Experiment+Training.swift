import Checkpoints
import Datasets
import Evaluation
import Files
import Foundation
import Networks
import Prediction
import Processes
import Reports
import Tensors
import Training

extension Experiment {
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
  public func train(resume: Bool, command: [String] = [], _ watch: TrainingWatch) throws -> TrainingOutcome {
    try requireBatch()
    guard let place else { return try train(resume, command, watch, nil) }
    let (log, lost) = (isFirst ? folder.log : nil, watch.lost)
    let lookout = try ProcessWatch(place, name: processName, isCancelled: watch.shouldStop) { loss in
      if let log, FileManager.default.fileExists(atPath: log) { try? RunLog(log).append("\(loss)") }
      lost(loss)
    }
    defer { lookout.stop() }
    return try lookout.explaining {
      try requireSameExperiment(lookout)
      let group = try ProcessGroup(lookout, on: device, isCancelled: watch.shouldStop)
      return try train(resume, command, watch, (group, lookout))
    }
  }

  /// Trains alone, or with the processes of a group.
  private func train(
    _ resume: Bool, _ command: [String], _ watch: TrainingWatch,
    _ processes: (group: ProcessGroup, lookout: ProcessWatch)?
  ) throws -> TrainingOutcome {
    let group = processes?.group
    let (lock, resume, doubts) = try start(resume, watch, group)
    defer { withExtendedLifetime(lock) {} }
    let training = try trainingSet()
    if let lookout = processes?.lookout { try requireSameFiles(training, lookout) }
    let validation = try validationSet()
    let loader = try loader(training)
    let configuration = trainingConfiguration(batchesPerEpoch: loader.batchesPerEpoch)
    let network = try makeNetwork(loadingBackbone: !resume && isFirst, watch.warn)
    let trainer = try Trainer(
      network, loader, configuration, on: device, group, folder: folder, metadata: checkpointMetadata(training))
    let changedSettings = resume ? try continueRun(trainer) : []
    if !resume { try trainer.share() }
    guard isFirst else { return try follow(trainer, watch) }

    try OutputFile.write(settings.resolvedYAML, to: folder.settings)
    try RunStart(self, command: command, iteration: trainer.progress.iteration).append(to: folder.starts)
    watch.planned(
      .init(
        images: training.count, validationImages: validation?.count ?? 0, iterations: configuration.iterations,
        batchesPerEpoch: loader.batchesPerEpoch, batchSize: loader.batchSize,
        firstIteration: trainer.progress.iteration, changedSettings: changedSettings, device: device,
        processes: group?.count ?? 1, log: try RunLog(folder.log),
        parameters: network.store.parameters.reduce(0) { $0 + $1.tensor.elementCount }, doubts: doubts))

    // Made anew for each validation: predictors keep the network as it is when they are made.
    func evaluator() throws -> Evaluator { Evaluator(try predictor(network, .single), classes: classes) }
    var validated: (iteration: Int, result: EvaluationResult)?
    var hooks = Trainer.Hooks()
    hooks.report = watch.report
    hooks.shouldStop = {
      watch.stepped(trainer.progress.iteration)
      return watch.shouldStop()
    }
    if let validation {
      hooks.validate = { _ in
        guard let result = try evaluate(evaluator(), validation, watch) else { return .stopped }
        validated = (trainer.progress.iteration, result)
        return result.meanIoU.map { .score($0) } ?? .undefined
      }
    }
    let outcome = try trainer.run(hooks)
    // From here on the others may end.
    try group?.waitForAll()
    processes?.lookout.stop()
    guard outcome == .finished else { return .interrupted }
    guard let validation else {
      try ExperimentReport(self, predictor(network, .single)).write(training, nil, trainer.progress)
      return .finished(nil)
    }
    // Weights are saved already: a run that is stopped from here on and continued has only this part left to do.
    let evaluator = try evaluator()
    let isFresh = validated?.iteration == trainer.progress.iteration
    let last = isFresh ? validated?.result : try evaluate(evaluator, validation, watch)
    guard let result = last, !watch.shouldStop() else { return .interrupted }
    try result.write(to: folder.evaluation)
    try ExperimentReport(self, evaluator.predictor).write(training, (validation, result), trainer.progress)
    return .finished(result)
  }

  /// Trains as one of the processes that write nothing.
  private func follow(_ trainer: Trainer, _ watch: TrainingWatch) throws -> TrainingOutcome {
    var hooks = Trainer.Hooks()
    hooks.shouldStop = watch.shouldStop
    let outcome = try trainer.run(hooks)
    try trainer.group?.waitForAll()
    return outcome == .finished ? .finished(nil) : .interrupted
  }

  /// Locks the run's folder, checks it and what the run needs, and returns whether the run is continued: as asked, or
  /// where the launcher has started the processes again and there is a checkpoint.
  ///
  /// Of several processes the first has the lock and returns doubts; the others wait for it.
  private func start(
    _ resume: Bool, _ watch: TrainingWatch, _ group: ProcessGroup?
  ) throws -> (lock: RunLock?, resume: Bool, doubts: [String]) {
    var lock: RunLock?
    var doubts: [String] = []
    func begin() throws -> Bool {
      lock = try RunLock(folder, holder: processName, warn: watch.warn)
      let state = RunState(of: folder)
      if let group, group.place.restarts > 0 { return state == .continuable }
      try state.require(resume: resume, in: folder)
      doubts = try checked(resume, watch)
      return resume
    }
    guard let group else {
      let isContinued = try begin()
      return (lock, isContinued, doubts)
    }
    let answer = try group.broadcast { try begin() ? "continue" : "begin" }
    return (lock, answer == "continue", doubts)
  }

  private var processName: String {
    "pid \(ProcessInfo.processInfo.processIdentifier) on \(ProcessInfo.processInfo.hostName)"
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

  /// Restores the last checkpoint and returns which settings differ from those it was made with.
  private func continueRun(_ trainer: Trainer) throws -> [String] {
    let path = folder.lastCheckpoint
    let metadata = isFirst ? try CheckpointMetadata(Safetensors.describe(path).metadata, path: path) : nil
    if let metadata { try requireSameRun(as: metadata, path: path) }
    try trainer.resume()
    guard trainer.progress.iteration >= 0 else {
      throw FileError.invalid(path, "tells of \(trainer.progress.iteration) steps done; start a new run")
    }
    return metadata.map { settings.absolute.differences(from: $0.settings.absolute) } ?? []
  }
}
