import Checkpoints
import Datasets
import Files
import Fitting
import Foundation
import Images
import Models
import Networks
import Settings
import Tensors
import Training

// Training of a head on frozen features.

extension TrainingRun {
  /// Computes the features of the training images, fits the head, and ends as every training does.
  ///
  /// Nothing is saved before the fit is done, since features are computed in the time of a few epochs: a run that is
  /// stopped before begins anew. A fitted one that is continued has only its evaluation and its report left.
  func fit(_ resume: Bool, _ command: [String], _ observer: TrainingObserver) throws -> TrainingOutcome {
    guard experiment.launch == nil else {
      throw SettingsError(
        source: "model.network", problem: "is frozen_features, which one process fits alone; start it without torchrun")
    }
    let (lock, _, doubts) = try start(resume, observer, nil)
    defer { withExtendedLifetime(lock) {} }
    let settings = experiment.settings
    let training = try experiment.trainingSet()
    let validation = try experiment.validationSet()
    try requireMemory(for: training.count)
    let network = try experiment.makeFeaturesNetwork(loadingBackbone: !resume, observer.warn)
    var progress = resume ? try restore(network) : TrainingProgress()
    try OutputFile.write(settings.resolvedYAML, to: experiment.folder.settings)
    try RunStart(experiment, command: command, iteration: progress.iteration).append(to: experiment.folder.starts)
    observer.planned(
      .init(
        images: training.count, validationImages: validation?.count ?? 0, iterations: settings.fitting.steps,
        batchesPerEpoch: settings.fitting.steps, batchSize: settings.fitting.batch, firstIteration: progress.iteration,
        changedSettings: [], device: experiment.device, processes: 1, log: try RunLog(experiment.folder.log),
        parameters: network.fitted.reduce(0) { $0 + $1.tensor.elementCount }, doubts: doubts))
    if !resume {
      let start = ContinuousClock.now
      guard try learn(network, from: training, observer) else { return .interrupted }
      progress.iteration = settings.fitting.steps
      progress.seconds = (ContinuousClock.now - start) / .seconds(1)
      try TrainingCheckpoint.saveWeights(
        of: network.store, progress, metadata: checkpointMetadata(training), to: experiment.folder.lastCheckpoint)
    }
    let evaluator = Evaluator(try experiment.predictor(network, .single), classes: experiment.classes)
    return try conclude(evaluator, training, validation, nil, progress, observer)
  }

  /// Computes features and fits; false where it was asked to stop.
  private func learn(
    _ network: FrozenFeaturesNetwork, from training: SegmentationDataset, _ observer: TrainingObserver
  ) throws -> Bool {
    let settings = experiment.settings
    let fitting = try HeadFitting(network, settings.fitting, seed: UInt64(settings.seed))
    let source = try FeatureSource(network, maxSide: settings.data.augmentation.maxSide)
    let samples = training.prefetched(threads: settings.data.workers)
    var done = 0
    while let sample = try samples.next() {
      if observer.shouldStop() { return false }
      guard let scribbles = sample.scribbles else { preconditionFailure("training images have scribbles") }
      let features = try source.features(of: sample.image)
      let mirrored = settings.fitting.mirror ? try source.features(of: sample.image, mirrored: true) : nil
      try fitting.setStrokes(source.reduced(scribbles), of: sample.id, on: features, mirrored: mirrored)
      done += 1
      observer.computingFeatures(done, training.count)
    }
    guard fitting.photographCount > 0 else {
      throw FileError.invalid(training.layout.list, "lists no photograph with a stroke, and nothing can be learnt")
    }
    let record = try MetricsFile(experiment.folder.metrics, keepingUpTo: 0)
    var isStopped = false
    try fitting.fit(steps: settings.fitting.steps) { step, losses in
      if step % settings.training.logEvery == 0 || step == settings.fitting.steps {
        var entry = MetricsEntry(iteration: step, epoch: 0)
        let losses = try losses()
        entry.learningRate = settings.fitting.learningRate
        entry.values[RecordedLoss.scribbles.metricsKey] = losses.scribbles
        entry.values[RecordedLoss.absent.metricsKey] = losses.absent
        entry.values[RecordedLoss.tags.metricsKey] = losses.tags
        try record.append(entry)
        observer.report(entry)
      }
      observer.stepped(step)
      isStopped = observer.shouldStop()
      return !isStopped
    }
    return !isStopped
  }

  /// Loads the last checkpoint and returns how far it was.
  private func restore(_ network: FrozenFeaturesNetwork) throws -> TrainingProgress {
    let path = experiment.folder.lastCheckpoint
    let state = try Safetensors.read(path)
    guard let metadata = try CheckpointMetadata(state.metadata, path: path),
      let progress = TrainingCheckpoint.progress(in: state.metadata)
    else { throw FileError.invalid(path, "is not the checkpoint of a run; start a new run") }
    try requireSameRun(as: metadata, path: path)
    do {
      try network.load(state.map { ($0.name, $0.tensor) })
    } catch {
      throw FileError.invalid(path, "\(error); start a new run")
    }
    return progress
  }

  /// Throws where the samples of so many photographs would take more than three quarters of this machine's memory.
  private func requireMemory(for photographs: Int) throws(SettingsError) {
    let settings = experiment.settings
    let needed = settings.fitting.byteCount(
      photographs: photographs, channels: experiment.featuresConfiguration.channels, classes: experiment.classes.count)
    let available = Int(clamping: ProcessInfo.processInfo.physicalMemory) / 4 * 3
    guard needed > available else { return }
    func gigabytes(_ bytes: Int) -> String { String(format: "%.1f GB", Double(bytes) / 1e9) }
    throw SettingsError(
      source: "fitting.samples_per_class",
      problem:
        "is \(settings.fitting.samplesPerClass), with which the features of \(photographs) photographs take about "
        + "\(gigabytes(needed)) of memory, and \(gigabytes(available)) may be used; lower it, or leave scales out of "
        + "model.feature_scales, or set fitting.mirror to false")
  }
}
