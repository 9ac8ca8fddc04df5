import ArgumentParser
import Foundation
import Testing
import blpseg

@Suite struct HelpTests {
  /// A command with its name, such as ["prepare", "check"]; none for the program itself.
  struct Command: Sendable, CustomTestStringConvertible {
    let words: [String]

    var testDescription: String { (["blpseg"] + words).joined(separator: " ") }
  }

  private static func commands(of type: any ParsableCommand.Type, _ words: [String] = []) -> [Command] {
    let inner = type.configuration.subcommands.flatMap { command in
      commands(of: command, words + [command.configuration.commandName ?? "\(command)".lowercased()])
    }
    return [Command(words: words)] + inner
  }

  @Test("every command has a help text, and no text changes unseen", arguments: commands(of: BLPSegCommand.self))
  func help(command: Command) throws {
    let outcome = try Program.Running(
      command.words + ["--help"], in: NSTemporaryDirectory(), environment: ["COLUMNS": "80"]
    ).outcome()
    #expect(outcome.code == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.contains("USAGE: \(command.testDescription)"))
    try Snapshot.expect(outcome.output, is: "help/\((["blpseg"] + command.words).joined(separator: "-")).txt")
  }

  @Test("the help lists all commands") func count() {
    #expect(Self.commands(of: BLPSegCommand.self).count >= 18)
  }
}
