import ArgumentParser
import Experiments
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a network as a settings file says.",
    discussion: """
      The run's folder (setting output) receives settings.yaml, metrics.jsonl, best.safetensors, last.safetensors, \
      evaluation.json and report.html. Ctrl-C saves and exits with 130; --resume continues from there, or from the last \
      checkpoint after a crash.
      """)

  @OptionGroup var settings: SettingsArguments

  @Flag(help: "Continue the run in the output folder from its last checkpoint.")
  var resume = false

  func run() throws {
    try reportingFailure {
      let experiment = try settings.experiment()
      Interruption.listen()
      let console = TrainingConsole(experiment)
      switch try experiment.train(resume: resume, console.watch) {
      case .interrupted:
        Console.line("Interrupted; saved to \(experiment.folder.lastCheckpoint). Continue with --resume.")
        throw ExitCode(130)
      case .finished(let result):
        if let result {
          print(result.table)
          Console.line("Report: \(experiment.folder.report)")
        }
        Console.line("Weights: \(experiment.folder.lastCheckpoint)")
      }
    }
  }
}

/// Draws a run's progress.
private final class TrainingConsole {
  private let experiment: Experiment
  private var plan: TrainingWatch.Plan?

  init(_ experiment: Experiment) { self.experiment = experiment }

  var watch: TrainingWatch {
    var watch = TrainingWatch()
    watch.planned = { self.begin($0) }
    watch.report = { self.report($0) }
    watch.evaluating = { Console.progress("validating \(Console.bar($0, of: $1)) \($0)/\($1)") }
    watch.shouldStop = { Interruption.isRequested }
    return watch
  }

  private func begin(_ plan: TrainingWatch.Plan) {
    self.plan = plan
    let network = experiment.configuration
    Console.line(
      "\(experiment.settings.name): \(plan.images) training and \(plan.validationImages) validation images, "
        + "\(experiment.classes.count) classes")
    Console.line(
      "\(network.backbone.rawValue), decoder width \(network.decoderWidth), \(plan.parameters) parameters, on "
        + "\(plan.device), \(experiment.settings.training.precision.rawValue)")
    Console.line("\(plan.iterations) steps of \(plan.batchSize) images, \(plan.batchesPerEpoch) an epoch")
    if plan.firstIteration > 0 { Console.line("continuing after step \(plan.firstIteration)") }
  }

  private func report(_ entry: MetricsEntry) {
    guard let plan else { return }
    if let score = entry.meanIoU {
      Console.line("epoch \(entry.epoch + 1)  step \(entry.iteration)  validation mIoU \(percent(score))")
      return
    }
    let rate = entry.imagesPerSecond ?? 0
    let rest = rate > 0 ? Double((plan.iterations - entry.iteration) * plan.batchSize) / rate : 0
    Console.line(
      "epoch \(entry.epoch + 1)  step \(entry.iteration)/\(plan.iterations)  "
        + "scribble \(rounded(entry.scribbleLoss))  blp \(rounded(entry.segmentationLoss))  "
        + "\(rounded(rate)) images/s  \(Console.clock(rest)) left")
    Console.progress(Console.bar(entry.iteration, of: plan.iterations))
  }

  private func rounded(_ value: Double?) -> String { value.map { "\(($0 * 1000).rounded() / 1000)" } ?? "-" }

  private func percent(_ value: Double) -> String { "\((value * 10_000).rounded() / 100) %" }
}
