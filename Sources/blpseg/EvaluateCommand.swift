import ArgumentParser
import Evaluation
import Experiments
import Reports

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Compare predictions of the validation images with their masks.",
    discussion: """
      Prints IoU and boundary IoU per class and means, and writes them as JSON, with the confusion matrix beside it \
      (evaluation.confusion.svg) and a page with pictures of the worst and the best images (evaluation.html).
      """)

  @OptionGroup var settings: SettingsArguments

  @Option(help: "Weights: a checkpoint, safetensors or a PyTorch state dict (default: the run's best).")
  var weights: String?

  @Option(help: "Where the JSON goes (default: evaluation.json in the run's folder).")
  var output: String?

  @OptionGroup var views: ViewArguments

  @Flag(help: "Compare a single view, the settings' views, and these with the dense CRF, in one pass.")
  var allProtocols = false

  @Flag(help: "Rename PASCAL-Context's labels one after another, the published program's fault: to compare with it.")
  var sequentialRenaming = false

  @Option(
    help: ArgumentHelp("Write the predicted masks to this folder: ID.png, index = class.", valueName: "folder"))
  var savePredictions: String?

  func run() throws {
    try reportingFailure {
      PassiveThreads.begin()
      let renaming = sequentialRenaming ? ["data.sequential_renaming=true"] : []
      let experiment = try settings.experiment(views.overrides() + renaming)
      var options = EvaluationRun.Options()
      options.weights = weights
      options.output = output
      options.allProtocols = allProtocols
      options.predictions = savePredictions
      options.command = CommandLine.arguments
      for notice in experiment.notices { Console.line(notice) }
      options.warn = { Console.line("\($0)") }
      let start = ContinuousClock.now
      let (result, page) = try EvaluationRun(experiment).run(
        options, checking: { Console.progress("checking masks", $0, of: $1, since: start) },
        doubted: { Console.line("doubt: \($0)") }
      ) { done, total in
        Console.progress("evaluating", done, of: total, since: start)
      }
      Console.line(
        "\(result.images) images, \(result.views.description(crf: result.crf != nil)), weights \(result.weights)")
      Console.result(result.table)
      Console.line("Report: \(page)")
    }
  }
}
