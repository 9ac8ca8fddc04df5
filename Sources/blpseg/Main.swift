import ArgumentParser
import Foundation

/// The program: one command, whose help, usage and errors go the way of all messages.
@main
enum Main {
  static func main() {
    StandardStream.prepare()
    exit(Console.exitCode(run()))
  }

  /// Runs the command that the arguments name, and returns its exit code.
  private static func run() -> Int32 {
    do {
      var command = try BLPSegCommand.parseAsRoot()
      try command.run()
      return ExitCode.success.rawValue
    } catch {
      let code = BLPSegCommand.exitCode(for: error)
      let message = BLPSegCommand.fullMessage(for: error)
      if !message.isEmpty {
        if code.isSuccess { Console.result(message) } else { Console.lines(message) }
      }
      return code.rawValue
    }
  }
}
