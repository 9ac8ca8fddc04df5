import ArgumentParser
import DeviceChecks
import Experiments
import Models
import Files
import Settings
import Tensors

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a checkpoint or a network holds, what can be set, or how exactly and fast a device computes.",
    subcommands: [Checkpoint.self, Model.self, Settings.self, Device.self])

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

  struct Device: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What a device computes, against the published program's numbers and the CPU, and how fast.",
      discussion: "Exits with 1 where a number is farther from what is expected than it may be.")

    @Option(help: "Device that computes: auto, cpu, cuda, cuda:N or mps.")
    var device = ExperimentSettings.Device.auto

    @Option(help: ArgumentHelp("The published numbers: Tests/Goldens of the sources.", valueName: "folder"))
    var published: String?

    @Flag(help: "Time the published network's training steps and predictions, which takes minutes without a GPU.")
    var timings = false

    @Option(help: ArgumentHelp("Also write everything as JSON to this file.", valueName: "file"))
    var json: String?

    func run() throws {
      try reportingFailure {
        PassiveThreads.begin()
        let findings = DeviceCheck.run(
          on: try Tensors.Device(device), published: published, .published, isTimed: timings)
        if let json { try OutputFile.write(findings.json(), to: json) }
        Console.result(findings.table)
        if !findings.isGood { throw ExitCode.failure }
      }
    }
  }
}
