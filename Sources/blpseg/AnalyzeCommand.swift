import ArgumentParser
import Evaluation
import Experiments
import Reports

struct AnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze", abstract: "Ask what a network does well and where.", subcommands: [Preference.self])

  struct Preference: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Whether pixels near scribbles and deep inside objects are labelled better than others.",
      discussion: """
        Prints IoU and recall by the distance to the nearest scribble of a pixel's own class, and by its depth inside its \
        object, both in percent of the image's diagonal; writes them as preference.json and as curves in \
        preference.html. The images need scribbles and masks. A single view is predicted where nothing else is asked for.
        """)

    @OptionGroup var settings: SettingsArguments

    @Option(help: "Weights: a checkpoint, safetensors or a PyTorch state dict (default: the run's best).")
    var weights: String?

    @Option(help: "The list of images: train or val.")
    var list = PreferenceRun.Options.List.training

    @Option(
      help: ArgumentHelp(
        "Take masks from this folder (ID.png, index = class), as of another program, in place of a network's.",
        valueName: "folder"))
    var predictions: String?

    @Flag(help: "Measure the distance to the nearest scribble of any class.")
    var anyScribble = false

    @Option(
      name: .customLong("out"), help: ArgumentHelp("Folder of the results (default: the run's).", valueName: "folder"))
    var folder: String?

    @OptionGroup var views: ViewArguments

    func validate() throws {
      if weights != nil && predictions != nil {
        throw ValidationError("--weights and --predictions exclude each other: predictions come from one of them.")
      }
    }

    func run() throws {
      try reportingFailure {
        PassiveThreads.begin()
        let experiment = try settings.experiment(views.overrides(standard: .single))
        var options = PreferenceRun.Options()
        options.list = list
        options.weights = weights
        options.predictions = predictions
        options.reference = anyScribble ? .anyClass : .ownClass
        options.folder = folder
        for notice in experiment.notices { Console.line(notice) }
        options.warn = { Console.line("\($0)") }
        let start = ContinuousClock.now
        let (result, page) = try PreferenceRun(experiment).run(options) { done, total in
          Console.progress("analysing", done, of: total, since: start)
        }
        Console.line("\(result.images) images, \(result.predictions)")
        Console.result(result.table)
        Console.line("Curves: \(page)")
      }
    }
  }
}

extension PreferenceRun.Options.List: ExpressibleByArgument {}
