import ArgumentParser
import Experiments
import Files
import Foundation
import Preparation
import Processes
import Settings
import Tensors

/// The program: one command, whose help, usage and errors are printed like all messages.
@main
enum Main {
  static func main() {
    StandardStream.prepare()
    exit(Console.exitCode(run()))
  }

  /// Runs the command that the arguments name, and returns its exit code.
  private static func run() -> Int32 {
    var command: any ParsableCommand
    do {
      command = try BLPSegCommand.parseAsRoot()
    } catch {
      let isUsage = BLPSegCommand.exitCode(for: error) == .validationFailure
      let arguments = Array(CommandLine.arguments.dropFirst())
      guard isUsage, let advice = ArgumentAdvice(arguments, of: BLPSegCommand.self) else { return end(with: error) }
      Console.error(advice.text)
      return ExitCode.validationFailure.rawValue
    }
    do {
      try command.run()
      return ExitCode.success.rawValue
    } catch {
      return end(with: error)
    }
  }

  /// Prints what ended the command, such as requested help, and returns the exit code.
  private static func end(with error: any Error) -> Int32 {
    let code = BLPSegCommand.exitCode(for: error)
    let message = BLPSegCommand.fullMessage(for: error)
    if !message.isEmpty {
      if code.isSuccess { Console.result(message) } else { Console.lines(message) }
    }
    return code.rawValue
  }
}

package struct BLPSegCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "blpseg",
    abstract: "Learn semantic segmentation from scribbles.",
    discussion: """
      Train on photographs with a few strokes per object, evaluate against masks, and predict photographs of your own. \
      Results go to standard output, progress and errors to standard error. Exit codes: 0 done, 1 failed, 64 bad usage \
      or settings, 66 missing input, 130 interrupted after saving.
      """,
    version: Software.version,
    subcommands: [
      PrepareCommand.self, TrainCommand.self, EvaluateCommand.self, PredictCommand.self, AnalyzeCommand.self,
      InspectCommand.self, WeightsCommand.self,
    ])
  package init() {}
}

/// Runs a command's body; an error is printed as one sentence and becomes its exit code.
func reportingFailure(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let code as ExitCode {
    throw code
  } catch let loss as ProcessLoss {
    Console.error("\(loss); \(TrainingConsole.advice)")
    throw ExitCode.failure
  } catch let failure as PreflightFailure {
    failure.lines.forEach(Console.error)
    throw exitCode(for: failure)
  } catch let error as TorchError where error.isOutOfMemory {
    Console.error(
      "there is too little memory for \(error.operation): lower training.batch_size or data.crop to train, and --max-pixels or "
        + "--max-side to predict; LibTorch says: \(error.message.prefix { !$0.isNewline }.prefix(200))")
    throw ExitCode.failure
  } catch {
    // LibTorch's messages may have several lines.
    Console.error("\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
    throw exitCode(for: error)
  }
}

private func exitCode(for error: any Error) -> ExitCode {
  switch error {
  case is SettingsError, is ProcessSettingsError: .validationFailure
  case let failure as PreflightFailure:
    switch failure.problems.first?.cause {
    case .setting: .validationFailure
    case .missingFile: ExitCode(66)
    case .contents, nil: .failure
    }
  case let error as FileError where error.reason == .missing: ExitCode(66)
  default: .failure
  }
}
