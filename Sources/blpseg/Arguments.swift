import ArgumentParser
import Experiments
import Files
import Foundation
import Images
import Processes
import Settings
import Tensors

/// A settings file with overrides: what most commands begin with.
struct SettingsArguments: ParsableArguments {
  @Argument(help: "Settings of the experiment, a YAML file (blpseg inspect settings lists them all).")
  var config: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Override a setting, as in training.epochs=3; relative paths count from the current folder.",
      valueName: "path=value"))
  var overrides: [String] = []

  /// The settings; LibTorch uses the number of threads that they set from then on.
  func load(_ extra: [String] = []) throws -> ExperimentSettings {
    let settings = try ExperimentSettings.load(config, overrides: overrides + extra)
    ProcessorShare.apply(settings.threads)
    return settings
  }

  func experiment(_ extra: [String] = [], as launch: LaunchEnvironment? = nil) throws -> Experiment {
    try Experiment(load(extra), as: launch)
  }
}

/// The views that are averaged, and whether a dense CRF refines the result.
struct ViewArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Factors from 0.1 to 4 by which the sides are resized for each view, with commas between (default: 0.5,0.75,1,1.25, or as the settings say).",
      valueName: "factors"))
  var scales: ScaleList?

  @Flag(inversion: .prefixedNo, help: "Average each view with its mirror image (default: yes, or as the settings say).")
  var mirror: Bool?

  @Flag(
    inversion: .prefixedNo,
    help:
      "Refine the probabilities with a dense CRF, which moves the edges of regions to edges in the photograph (default: no, or as the settings say)."
  )
  var crf: Bool?

  /// The views asked for; what is not given is as published.
  var views: Views {
    Views(scales: scales?.factors ?? Views.published.scales, mirror: mirror ?? Views.published.mirror)
  }

  /// The same as overrides of settings, where what is not given is as `standard` says, or else as the settings say.
  func overrides(standard: Views? = nil) -> [String] {
    var result: [String] = []
    if let factors = scales?.factors ?? standard?.scales { result.append("evaluation.scales=\(factors)") }
    if let mirror = mirror ?? standard?.mirror { result.append("evaluation.mirror=\(mirror)") }
    if let crf { result.append("evaluation.crf=\(crf)") }
    return result
  }
}

/// Factors as a command line gives them: "0.5,1".
struct ScaleList: ExpressibleByArgument {
  let factors: [Double]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    factors = words.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
    guard factors.count == words.count, factors.count <= 16, factors.allSatisfy((0.1...4).contains) else { return nil }
  }
}

/// What was probably meant by a command line that cannot be parsed.
struct ArgumentAdvice {
  /// A sentence with its full stop, or a question.
  let text: String

  /// Nil where the parser's own message is the best one.
  init?(_ arguments: [String], of command: any ParsableCommand.Type) {
    guard let text = Self.onCommand(arguments, command) ?? Self.onOverride(arguments) ?? Self.onDevice(arguments) else {
      return nil
    }
    self.text = text
  }

  /// A first word that is no command, whatever follows.
  private static func onCommand(_ arguments: [String], _ command: any ParsableCommand.Type) -> String? {
    let subcommands = command.configuration.subcommands
    guard !subcommands.isEmpty, let word = arguments.first, !word.hasPrefix("-"), word != "help" else { return nil }
    let names = subcommands.map { name(of: $0) }
    if let index = names.firstIndex(of: word) {
      return onCommand(Array(arguments.dropFirst()), subcommands[index])
    }
    if let meant = meant(word, names) { return "\(word) is not a command; did you mean \(meant)?" }
    let list = names.joined(separator: ", ")
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: word, isDirectory: &isFolder) else {
      return "\(word) is not a command; the commands are \(list)."
    }
    let kind = Path.fileExtension(of: word).lowercased()
    let use =
      if isFolder.boolValue || ["jpg", "jpeg", "png"].contains(kind) {
        "photographs are labelled by: blpseg predict \(word) --weights FILE --out FOLDER"
      } else if ["yaml", "yml"].contains(kind) {
        "a settings file is used as in: blpseg train \(word)"
      } else {
        "the commands are \(list)"
      }
    return "\(word) is a \(isFolder.boolValue ? "folder" : "file"), and a command was expected; \(use)."
  }

  /// "--set training.epochs 3" in place of "--set training.epochs=3".
  private static func onOverride(_ arguments: [String]) -> String? {
    for (index, word) in arguments.enumerated() where word == "--set" {
      guard index + 2 < arguments.count else { break }
      let (key, value) = (arguments[index + 1], arguments[index + 2])
      if !key.contains("=") && key.contains(".") && !value.hasPrefix("--") {
        return "--set \(key) \(value) has no equals sign; write --set \(key)=\(value)."
      }
    }
    return nil
  }

  /// "--device gpu" in place of "--device cuda".
  private static func onDevice(_ arguments: [String]) -> String? {
    for (index, word) in arguments.enumerated() where word == "--device" || word.hasPrefix("--device=") {
      let value = word == "--device" ? arguments.dropFirst(index + 1).first : String(word.dropFirst("--device=".count))
      guard let value, ExperimentSettings.Device(name: value) == nil else { continue }
      let meant = ExperimentSettings.Device.meant(by: value)
      let isMissing = meant == "cuda" && Device.count(of: .cuda) == 0
      let advice = isMissing ? "; LibTorch \(LibTorch.version) sees no CUDA device here, take auto or cpu" : ""
      return "\(value) is not a device: auto, cpu, cuda, cuda:N or mps was expected\(advice)"
        + (meant.map { "; did you mean \($0)?" } ?? ".")
    }
    return nil
  }

  /// The name at a small distance from a word, or that begins like it.
  private static func meant(_ word: String, _ names: [String]) -> String? {
    let word = word.lowercased()
    if let near = nearest(to: word, among: names) { return near }
    return word.count < 3
      ? nil : names.first { $0.hasPrefix(word) || word.hasPrefix($0.dropLast($0.hasSuffix("e") ? 1 : 0)) }
  }

  private static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? "\(command)".lowercased()
  }
}
