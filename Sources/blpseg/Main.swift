import ArgumentParser
import Foundation

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
