import Foundation
import TestSupport

/// The built executable, run as its users run it.
enum Program {
  /// How a run of the program ended and what it said.
  struct Outcome {
    /// The exit code; the number of the signal, negative, for a program that a signal ended.
    let code: Int32
    let output: String
    let errors: String

    /// The lines on standard error that are not empty.
    var errorLines: [String] { errors.split(whereSeparator: \.isNewline).map(String.init) }
  }

  /// Runs the program to its end.
  static func run(_ arguments: [String], in folder: String, shell: String? = nil) throws -> Outcome {
    try Running(arguments, in: folder, shell: shell).outcome()
  }

  /// A program that has been started.
  final class Running {
    private let process = Process()
    private let texts: TemporaryFolder
    private let ended = DispatchSemaphore(value: 0)

    /// `environment` is added to this process's own. A `shell` command starts the program by `"$@"`, with redirections
    /// or what else it needs.
    init(
      _ arguments: [String], in folder: String, environment: [String: String] = [:], shell: String? = nil
    ) throws {
      texts = try TemporaryFolder()
      let program = try Executable.path()
      process.executableURL = URL(fileURLWithPath: shell == nil ? program : "/bin/sh")
      process.arguments = shell.map { ["-c", $0, "sh", program] + arguments } ?? arguments
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.standardInput = FileHandle.nullDevice
      // Files, not pipes, which would fill up and halt the program.
      process.standardOutput = FileHandle(forWritingAtPath: try texts.write("output", ""))
      process.standardError = FileHandle(forWritingAtPath: try texts.write("errors", ""))
      process.terminationHandler = { [ended] _ in ended.signal() }
      try process.run()
    }

    var identifier: Int32 { process.processIdentifier }

    /// What the program has said on standard error so far.
    func errors() throws -> String { try String(contentsOfFile: texts("errors"), encoding: .utf8) }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits until `condition` holds or the program has ended; returns whether it held.
    func waits(for condition: () -> Bool) -> Bool {
      while process.isRunning {
        if condition() { return true }
        usleep(2000)
      }
      return false
    }

    /// Waits for the end, which must come within two minutes.
    func outcome() throws -> Outcome {
      if ended.wait(timeout: .now() + 120) == .timedOut {
        send(SIGKILL)
        ended.wait()
      }
      let code = process.terminationStatus
      return Outcome(
        code: process.terminationReason == .exit ? code : -code,
        output: try String(contentsOfFile: texts("output"), encoding: .utf8),
        errors: try String(contentsOfFile: texts("errors"), encoding: .utf8))
    }
  }
}
