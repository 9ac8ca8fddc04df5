import ArgumentParser
import Experiments
import Foundation
import Processes
import Reports
import Settings
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a network as a settings file says.",
    discussion: """
      The run's folder (setting output) receives settings.yaml, run.json, train.log, metrics.jsonl, best.safetensors, \
      last.safetensors, evaluation.json and report.html. Ctrl-C, SIGTERM and SIGHUP save and exit with 130, a second one ends at once; --resume continues from there, or from the last \
      checkpoint after a crash. Several processes share each batch when torchrun starts them, as in \
      torchrun --no-python --nproc-per-node 2 blpseg train ..., or anything else that sets RANK, WORLD_SIZE, LOCAL_RANK, \
      MASTER_ADDR and MASTER_PORT.
      """)

  @OptionGroup var settings: SettingsArguments

  @Flag(help: "Continue the run in the output folder from its last checkpoint.")
  var resume = false

  func run() throws {
    try reportingFailure {
      PassiveThreads.begin()
      Interruption.listen()
      let launch = try LaunchEnvironment(environment: ProcessInfo.processInfo.environment)
      if let launch { Console.speaker = "process \(launch.rank) of \(launch.count)" }
      let experiment = try Experiment.checked(settings.load(), as: launch)
      let console = TrainingConsole(experiment)
      if launch?.isFirst ?? true { Console.progress("reading the data and the network") }
      let outcome: TrainingOutcome
      do {
        outcome = try TrainingRun(experiment).run(resume: resume, command: CommandLine.arguments, console.watch)
      } catch {
        console.keep(error)
        throw error
      }
      let speaks = launch?.isFirst ?? true
      switch outcome {
      case .interrupted:
        if speaks { Console.line(advice(to: experiment)) }
        throw ExitCode(130)
      case .finished(let result) where speaks:
        if let result { Console.result(result.table) }
        Console.line("Report: \(experiment.folder.report)")
        if let weights = experiment.bestWeights { Console.line("Weights: \(weights)") }
      case .finished: break
      }
    }
  }

  /// Advice on how to continue an interrupted run.
  private func advice(to experiment: Experiment) -> String {
    // A head is saved once it is fitted.
    experiment.bestWeights == nil
      ? "Interrupted before the head was fitted; nothing is saved. Start again without --resume."
      : "Interrupted; saved to \(experiment.folder.lastCheckpoint). Continue with --resume."
  }
}

/// Reports the progress of a run: on a terminal in one line that is redrawn, elsewhere in a line for each entry of the
/// record and in further lines where entries are far apart.
final class TrainingConsole {
  private let experiment: Experiment
  private var plan: TrainingObserver.Plan?
  private var latest: MetricsEntry?
  /// The time of this start's first step, and the number of steps then.
  private var first: (time: ContinuousClock.Instant, step: Int)?

  init(_ experiment: Experiment) { self.experiment = experiment }

  var watch: TrainingObserver {
    let start = ContinuousClock.now
    var watch = TrainingObserver()
    watch.checking = { Console.progress("checking \($0) images", $1, of: $2, since: start) }
    watch.computingFeatures = { Console.progress("computing features of photograph", $0, of: $1, since: start) }
    watch.planned = { self.begin($0) }
    watch.stepped = { self.draw(step: $0) }
    watch.report = { self.report($0) }
    watch.warn = { Console.line("\($0)") }
    watch.evaluating = { Console.progress(ProgressLine(done: $0, total: $1, parts: [.init("validating")])) }
    watch.lost = { loss in
      // The thread that trains may be waiting for the lost process for ever.
      Console.error("\(loss); \(Self.advice)")
      // Without destructors, which would take LibTorch away from under that thread.
      _exit(1)
    }
    watch.shouldStop = { Interruption.isRequested }
    return watch
  }

  /// What to do when a process is lost.
  static let advice = "start all processes again, with --resume to go on from the last checkpoint"

  /// Keeps an error in the run's log, if the run got so far as to have one.
  func keep(_ error: any Error) { plan?.log.append("\(error)") }

  /// A message on the console and in the run's log.
  private func tell(_ text: String) {
    Console.line(text)
    plan?.log.append(text)
  }

  private func begin(_ plan: TrainingObserver.Plan) {
    self.plan = plan
    let settings = experiment.settings
    // In a study the line begins with the run's name.
    let name = Console.topic == nil ? "\(settings.name): " : ""
    tell(
      name + "\(plan.images) training and \(plan.validationImages) validation images, "
        + "\(experiment.classes.count) classes")
    tell(
      "\(network), " + String(format: "%.1f million parameters", Double(plan.parameters) / 1e6)
        + ", \(experiment.precision.rawValue) on \(plan.device)"
        + (plan.processes > 1 ? ", \(plan.processes) processes" : ""))
    if let obstacle = settings.data.validationObstacle { tell("no validation: \(obstacle)") }
    for notice in experiment.notices { tell(notice) }
    switch settings.model.kind {
    case .blpseg, .featurePyramid:
      tell("\(plan.iterations) steps of \(plan.batchSize) images, \(plan.batchesPerEpoch) per epoch")
    case .frozenFeatures: tell("\(plan.iterations) steps of \(plan.batchSize) scribbled pixels")
    }
    for doubt in plan.doubts { tell("doubt: \(doubt)") }
    for setting in plan.changedSettings { tell("changed since the checkpoint: \(setting)") }
    if settings.model.kind == .frozenFeatures {
      if plan.firstIteration > 0 { tell("the head is fitted, the evaluation and the report are left to do") }
      return
    }
    if plan.firstIteration >= plan.iterations {
      let longer =
        if case .epochs(let count) = settings.training.length {
          "training.epochs=... (\(count) so far)"
        } else {
          "training.iterations=... (\(plan.iterations) so far)"
        }
      tell("the run is finished (\(plan.firstIteration) steps), nothing is left to train; go on with --set \(longer)")
      return
    }
    if plan.firstIteration > 0 { tell("continuing after step \(plan.firstIteration)") }
    Console.progress("step \(plan.firstIteration + 1)/\(plan.iterations)  the first takes longer")
  }

  /// A short description of the network's parts.
  private var network: String {
    let (model, classes) = (experiment.settings.model, experiment.classes.count)
    if model.kind == .blpseg { return "\(model.network.backbone.name), decoder width \(model.network.decoderWidth)" }
    return model.description(classCount: classes)
  }

  private func report(_ entry: MetricsEntry) {
    if let score = entry.meanIoU {
      tell("epoch \(entry.epoch + 1)  step \(entry.iteration)  validation mIoU \(Percent.text(score))")
    } else {
      latest = entry
      guard let status = status(step: entry.iteration) else { return }
      let text = "step \(status.text)"
      if Console.isTerminal { plan?.log.append(text) } else { tell(text) }
    }
  }

  private func draw(step: Int) {
    guard let status = status(step: step) else { return }
    // Also a run that logs seldom shows early that it makes progress.
    if first == nil && latest == nil && !Console.isTerminal { Console.line("step \(status.text)") }
    if first == nil { first = (.now, step) }
    if Console.isTerminal { Console.progress(status) } else { Console.progress("step \(status.text)") }
  }

  /// Steps done, and the losses and the speed in the last entry of the record.
  private func status(step: Int) -> ProgressLine? {
    guard let plan else { return nil }
    var line = ProgressLine(done: step, total: plan.iterations)
    if experiment.settings.model.kind != .frozenFeatures {
      line.parts = [.init("epoch \((step - 1) / plan.batchesPerEpoch + 1)", rank: 2)]
    }
    let losses = experiment.recordedLosses.compactMap { loss in
      latest?.values[loss.metricsKey].map { "\(loss.name) \(String(format: "%.4f", $0))" }
    }
    if !losses.isEmpty { line.parts.append(.init(losses.joined(separator: "  "), rank: 1)) }
    if let rate = latest?.imagesPerSecond, rate > 0 {
      line.parts.append(.init(String(format: "%.1f images/s", rate), rank: 3))
      line.secondsLeft = Double((plan.iterations - step) * plan.batchSize) / rate
    } else if let first, step > first.step {
      let seconds = (ContinuousClock.now - first.time) / .seconds(1)
      line.secondsLeft = seconds / Double(step - first.step) * Double(plan.iterations - step)
    }
    return line
  }
}
