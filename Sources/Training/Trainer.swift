import Batches
import Images
import Losses
import Processes

/// Trains a network over epochs of batches, keeping checkpoints and a record in a run's folder.
///
/// Of several processes that share the batches the first one writes, validates and is asked; the others follow.
package final class Trainer {
  package enum Outcome: Sendable, Equatable {
    case finished
    /// Stopped on request; the checkpoint holds all that was done.
    case interrupted
  }

  /// How a validation ended.
  package enum Validation: Sendable, Equatable {
    /// With this mean IoU, 0...1.
    case score(Double)
    /// Without a result, since the masks are void everywhere.
    case undefined
    /// It was asked to stop, and the run stops with it.
    case stopped
  }

  package let folder: RunFolder
  package private(set) var progress = TrainingProgress()
  private let step: TrainingStep
  private let loader: BatchLoader
  private let configuration: TrainingConfiguration
  /// Steps in all.
  private let iterations: Int
  private let colors: ColorMap
  private let metadata: [String: String]

  /// Trains for `iterations` steps in all. `colors` are those of the classes in pictures; `metadata` goes into every
  /// checkpoint.
  package init(
    _ step: TrainingStep, _ loader: BatchLoader, _ configuration: TrainingConfiguration, iterations: Int,
    folder: RunFolder, colors: ColorMap = .bright, metadata: [String: String] = [:]
  ) {
    self.step = step
    self.loader = loader
    self.configuration = configuration
    self.iterations = iterations
    self.folder = folder
    self.colors = colors
    self.metadata = metadata
  }

  /// The processes that share the batches; nil where this one trains alone.
  package var group: ProcessGroup? { step.group }

  /// Continues from the folder's last checkpoint, which the first process reads for all.
  package func resume() throws {
    if isFirst { progress = try TrainingCheckpoint.restore(step, from: folder.lastCheckpoint) }
    try share()
  }

  /// Gives all processes the state of the first.
  package func share() throws {
    if let group { progress = try TrainingCheckpoint.share(step, progress, group) }
  }

  /// Runs to the end, or until the observer asks to stop; of several processes each is asked, and the first one observes.
  package func run(_ observer: TrainingObserver = TrainingObserver()) throws -> Outcome {
    let record =
      isFirst
      ? try RunRecord(
        folder, step.objective.losses, keepingUpTo: progress.iteration, redoingValidation: progress.isValidationDue)
      : nil
    var clock = RunClock(secondsBefore: progress.seconds)
    let perEpoch = loader.batchesPerEpoch
    if progress.isValidationDue {
      // What was left when the run was interrupted; all processes know of it by the checkpoint.
      let isDone = try record.map { try validate(observer, $0) } ?? true
      if try agreed(!isDone) { return .interrupted }
      progress.isValidationDue = false
      clock.restartRate()
    }
    while progress.iteration < iterations {
      let epoch = progress.iteration / perEpoch
      let batches = loader.epoch(epoch, startingAt: progress.iteration % perEpoch)
      while progress.iteration < iterations, let batch = try batches.next() {
        let losses = try step(batch, iteration: progress.iteration, observing: painter(batch, record))
        progress.iteration += 1
        progress.seconds = clock.seconds
        clock.count(images: loader.batchSize)
        if let record, isDue(configuration.logEvery) || progress.iteration == iterations {
          let entry = entry(losses, epoch, imagesPerSecond: clock.imagesPerSecond())
          try record.append(entry)
          observer.report(entry)
        }
        let isEndOfEpoch = progress.iteration % perEpoch == 0 || progress.iteration == iterations
        progress.isValidationDue = isEndOfEpoch && isFirst && observer.validate != nil && isValidated(epoch)
        if isFirst { observer.stepped(progress.iteration) }
        var isStopping = try agreed(observer.shouldStop())
        if isFirst, isStopping || isEndOfEpoch || isDue(configuration.checkpointEvery) { try save() }
        if isEndOfEpoch, !isStopping {
          let isStopped = try record.map { try progress.isValidationDue && !validate(observer, $0) } ?? false
          isStopping = try agreed(isStopped)
          clock.restartRate()
        }
        if isStopping { return .interrupted }
      }
    }
    return .finished
  }

  private var isFirst: Bool { group?.rank ?? 0 == 0 }

  /// Whether any process answers yes.
  private func agreed(_ answer: Bool) throws -> Bool {
    guard let group else { return answer }
    return try group.sums([answer ? 1 : 0])[0] > 0
  }

  private func isDue(_ interval: Int) -> Bool { interval > 0 && progress.iteration % interval == 0 }

  /// Draws the pictures of a batch for the record, if they are due.
  private func painter(_ batch: Batch, _ record: RunRecord?) -> ((TrainingStep.Outputs) throws -> Void)? {
    guard let record, isDue(configuration.picturesEvery) else { return nil }
    return { [loader, configuration, colors, progress] outputs in
      let perEpoch = loader.batchesPerEpoch
      let groundTruth = loader.groundTruth(
        epoch: progress.iteration / perEpoch, index: progress.iteration % perEpoch, count: StepPictures.limit)
      let pictures = try StepPictures(
        batch, outputs, groundTruth: groundTruth, loader.normalization, threshold: configuration.selfTrainingThreshold,
        colors: colors)
      // The step counts once it is done: a run that continues before it paints it again, one that continues after it
      // does not.
      try record.append(pictures, iteration: progress.iteration + 1)
    }
  }

  private func save() throws {
    try TrainingCheckpoint.save(step, progress, metadata: metadata, to: folder.lastCheckpoint)
  }

  /// Whether a validation follows the epoch.
  private func isValidated(_ epoch: Int) -> Bool {
    let interval = configuration.validateEvery
    return interval > 0 && ((epoch + 1) % interval == 0 || progress.iteration == iterations)
  }

  /// Does the validation that is due; false where it was stopped, and is due as before.
  ///
  /// What it leaves is written such that the checkpoint, which tells that it is due, is replaced last: a run that ends
  /// anywhere in between does it again.
  private func validate(_ observer: TrainingObserver, _ record: RunRecord) throws -> Bool {
    guard let validate = observer.validate else { return true }
    let outcome = try validate()
    if outcome == .stopped { return false }
    progress.isValidationDue = false
    if case .score(let score) = outcome {
      var entry = MetricsEntry(iteration: progress.iteration, epoch: (progress.iteration - 1) / loader.batchesPerEpoch)
      entry.meanIoU = score
      try record.append(entry)
      observer.report(entry)
      if score > progress.bestMeanIoU ?? -1 {
        progress.bestMeanIoU = score
        try TrainingCheckpoint.saveWeights(
          of: step.predicting.store, progress, metadata: metadata, to: folder.bestCheckpoint)
      }
    }
    try save()
    return true
  }

  private func entry(_ losses: LossValues, _ epoch: Int, imagesPerSecond: Double) -> MetricsEntry {
    var entry = MetricsEntry(iteration: progress.iteration, epoch: epoch)
    entry.learningRate = step.learningRate(at: progress.iteration - 1)
    for (loss, part) in zip(step.objective.losses, losses.parts) { entry.values[loss.metricsKey] = part.value }
    entry.imagesPerSecond = imagesPerSecond
    return entry
  }
}
