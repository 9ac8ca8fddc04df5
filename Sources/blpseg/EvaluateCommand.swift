import ArgumentParser
import Experiments

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Compare predictions of the validation images with their masks.",
    discussion: "Prints IoU per class and means, and writes them as JSON.")

  @OptionGroup var settings: SettingsArguments

  @Option(help: "Weights: a checkpoint, safetensors or a PyTorch state dict (default: the run's best).")
  var weights: String?

  @Option(help: "Where the JSON goes (default: evaluation.json in the run's folder).")
  var output: String?

  @OptionGroup var views: ViewArguments

  func run() throws {
    try reportingFailure {
      let experiment = try settings.experiment(views.overrides)
      let start = ContinuousClock.now
      let result = try experiment.evaluate(weights: weights, output: output) { done, total in
        Console.progress("evaluating", done, of: total, since: start)
      }
      Console.line("\(result.images) images, weights \(result.weights)")
      Console.result(result.table)
    }
  }
}
