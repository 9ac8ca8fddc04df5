import ArgumentParser
import Files
import Foundation
import Settings
import Tensors

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
