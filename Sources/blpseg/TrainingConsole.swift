import Evaluation
import Experiments
import Foundation
import Training

/// Tells how a run goes: on a terminal in one line that is redrawn, elsewhere in a line for each entry of the record.
final class TrainingConsole {
  private let experiment: Experiment
  private var plan: TrainingWatch.Plan?
  private var latest: MetricsEntry?
  /// When a line last told how far the check is.
  private var told: ContinuousClock.Instant?

  init(_ experiment: Experiment) { self.experiment = experiment }

  var watch: TrainingWatch {
    let start = ContinuousClock.now
    var watch = TrainingWatch()
    watch.checking = { self.draw(checked: $1, of: $2, $0, since: start) }
    watch.planned = { self.begin($0) }
    watch.stepped = { self.draw(step: $0) }
    watch.report = { self.report($0) }
    watch.evaluating = { Console.progress("\(Console.bar($0, of: $1)) \($0)/\($1)  validating") }
    watch.lost = { loss in
      // The thread that trains may be waiting for the lost process for ever.
      Console.error("\(loss); \(Self.advice)")
      exit(1)
    }
    watch.shouldStop = { Interruption.isRequested }
    return watch
  }

  /// What to do when a process is lost.
  static let advice = "start all processes again, with --resume to go on from the last checkpoint"

  /// Keeps an error in the run's log, if the run got so far as to have one.
  func keep(_ error: any Error) { plan?.log.append("\(error)") }

  /// A line for people, now and in the run's log.
  private func tell(_ text: String) {
    Console.line(text)
    plan?.log.append(text)
  }

  private func begin(_ plan: TrainingWatch.Plan) {
    self.plan = plan
    let (settings, network) = (experiment.settings, experiment.configuration)
    tell(
      "\(settings.name): \(plan.images) training and \(plan.validationImages) validation images, "
        + "\(experiment.classes.count) classes")
    tell(
      "\(network.backbone.rawValue), decoder width \(network.decoderWidth), "
        + String(format: "%.1f million parameters", Double(plan.parameters) / 1e6)
        + ", \(experiment.precision.rawValue) on \(plan.device)"
        + (plan.processes > 1 ? ", \(plan.processes) processes" : ""))
    if let replacement = experiment.precisionReplacement { tell(replacement) }
    tell("\(plan.iterations) steps of \(plan.batchSize) images, \(plan.batchesPerEpoch) an epoch")
    for doubt in plan.doubts { tell("doubt: \(doubt)") }
    for setting in plan.changedSettings { tell("changed since the checkpoint: \(setting)") }
    if plan.firstIteration > 0 { tell("continuing after step \(plan.firstIteration)") }
  }

  private func report(_ entry: MetricsEntry) {
    if let score = entry.meanIoU {
      tell("epoch \(entry.epoch + 1)  step \(entry.iteration)  validation mIoU \(Percent.text(score))")
    } else {
      latest = entry
      let text = "step \(status(step: entry.iteration))"
      if Console.isTerminal { plan?.log.append(text) } else { tell(text) }
    }
  }

  /// How far the check before a run is; not on a terminal, a line from time to time where it takes long.
  private func draw(checked done: Int, of total: Int, _ part: String, since start: ContinuousClock.Instant) {
    Console.progress("checking \(part) images", done, of: total, since: start)
    guard !Console.isTerminal, ContinuousClock.now - (told ?? start) > .seconds(Self.silence) else { return }
    told = .now
    Console.line("checking \(part) images: \(done) of \(total)")
  }

  /// The longest silence of a check, in seconds.
  private static let silence = 10

  private func draw(step: Int) {
    guard let plan else { return }
    Console.progress("\(Console.bar(step, of: plan.iterations)) \(status(step: step))")
  }

  /// Steps done, and what the last entry of the record knows of losses and speed.
  private func status(step: Int) -> String {
    guard let plan else { return "" }
    var parts = ["\(step)/\(plan.iterations)", "epoch \((step - 1) / plan.batchesPerEpoch + 1)"]
    if let scribble = latest?.scribbleLoss, let segmentation = latest?.segmentationLoss {
      parts.append(String(format: "scribble %.4f  blp %.4f", scribble, segmentation))
    }
    if let rate = latest?.imagesPerSecond, rate > 0 {
      parts.append(String(format: "%.1f images/s", rate))
      parts.append("\(Console.clock(Double((plan.iterations - step) * plan.batchSize) / rate)) left")
    }
    return parts.joined(separator: "  ")
  }
}
