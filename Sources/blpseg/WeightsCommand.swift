import ArgumentParser
import Models

struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights", abstract: "Convert weights from and to PyTorch's format.",
    discussion: """
      INPUT is any file of weights: a checkpoint, safetensors, a PyTorch state dict, or a zip archive of one. Names, \
      element types and elements stay as they are; the optimiser's state is left out.
      """,
    subcommands: [Import.self, Export.self])

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write weights as safetensors, the format of this program's checkpoints.")

    @Argument(help: "A file of weights.")
    var input: String

    @Argument(help: "The file to write, NAME.safetensors.")
    var output: String

    func validate() throws { try requireSuffix(output, [".safetensors"], other: "export") }

    func run() throws {
      try reportingFailure { report(try WeightsConversion.importWeights(input, to: output), output) }
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write weights as a PyTorch state dict.",
      discussion: "torch.load reads it with weights_only=True. Class names and settings have no place in it.")

    @Argument(help: "A file of weights.")
    var input: String

    @Argument(help: "The file to write, NAME.pth or NAME.pt.")
    var output: String

    @Flag(help: "Add the distance table (340 MB) without which the published program does not load a checkpoint.")
    var withDistanceTable = false

    func validate() throws { try requireSuffix(output, [".pth", ".pt"], other: "import") }

    func run() throws {
      try reportingFailure {
        report(
          try WeightsConversion.exportWeights(input, to: output, addingDistanceTable: withDistanceTable), output)
      }
    }
  }
}

/// Throws unless the output's name says what will be in it.
private func requireSuffix(_ output: String, _ suffixes: [String], other: String) throws {
  if suffixes.contains(where: { output.hasSuffix($0) }) { return }
  throw ValidationError(
    "\(output) must end with \(suffixes.joined(separator: " or ")); 'blpseg weights \(other)' writes the other format.")
}

/// "best.pth: 621 tensors, 72000000 numbers; 1244 that are not weights left out"
private func report(_ summary: WeightsConversion.Summary, _ output: String) {
  for warning in summary.warnings { Console.line("\(warning)") }
  let numbers = summary.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
  let rest = summary.leftOut.isEmpty ? "" : "; \(summary.leftOut.count) that are not weights left out"
  Console.result(line: "\(output): \(summary.tensors.count) tensors, \(numbers) numbers\(rest)")
}
