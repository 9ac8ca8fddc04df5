import ArgumentParser
import Experiments
import Models
import Settings

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a checkpoint or a network holds, or what can be set.",
    subcommands: [Checkpoint.self, Model.self, Settings.self])

  struct Checkpoint: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "A file of weights: its network, progress and tensors.")

    @Argument(help: "A checkpoint, safetensors or a PyTorch state dict.")
    var path: String

    @Flag(help: "List every tensor with shape and type.")
    var tensors = false

    func run() throws {
      try reportingFailure { Console.result(try Inspection.checkpoint(path, listingTensors: tensors)) }
    }
  }

  struct Model: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The network of a settings file, with parameter counts.")

    @OptionGroup var settings: SettingsArguments

    func run() throws {
      try reportingFailure { Console.result(try Inspection.model(settings.load())) }
    }
  }

  struct Settings: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Every setting with its values and default, as Markdown.")

    func run() { Console.result(ExperimentSettings.settingsReference) }
  }
}
