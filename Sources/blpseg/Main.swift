import ArgumentParser
import Experiments
import Files
import Foundation
import Preparation
import Processes
import Settings
import Synchronization
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
      PrepareCommand.self, TrainCommand.self, EvaluateCommand.self, PredictCommand.self, StudyCommand.self,
      AnalyzeCommand.self, InspectCommand.self, WeightsCommand.self,
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

/// How LibTorch's threads wait for each other: asleep, not spinning.
///
/// OpenMP's threads spin while they wait. Where other programs keep cores busy, they delay the thread that they wait
/// for: on two cores with two others computing, prediction took 5 to 20 times as long (0.63 and 1.87 s a photograph) as
/// with waiting threads that sleep (0.11 and 0.13 s). OpenMP reads its variable before a program begins, so that the
/// program has to be restarted to set it. On idle cores no difference was seen beyond the noise (training the demo,
/// three runs each in turn: 12.8 to 15.9 images/s asleep, 13.1 to 15.3 spinning).
enum PassiveThreads {
  private static let policy = "OMP_WAIT_POLICY"

  /// Restarts this process's program with threads that sleep, unless its environment sets how they wait.
  ///
  /// To be called before anything else; where the program cannot be restarted, it continues unchanged.
  static func begin() {
    #if os(Linux)
      let environment = ProcessInfo.processInfo.environment
      guard environment[policy] == nil, environment["GOMP_SPINCOUNT"] == nil else { return }
      // The program's own path, so that tools that list processes still show its name.
      guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return }
      setenv(policy, "passive", 1)
      var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
      execv(program, &arguments)
      for argument in arguments { free(argument) }
    #endif
  }
}

private let requested = Atomic<Bool>(false)
private let handlesHangup = Atomic<Bool>(false)

/// Ctrl-C, SIGTERM and SIGHUP (the terminal was closed) as a flag that a run checks between steps; the second signal
/// ends the program at once.
enum Interruption {
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func listen() {
    // A handler must not be the first to access a global.
    _ = isRequested
    // Under nohup the program is to outlive the terminal.
    let handlesHangup = !isIgnored(signal(SIGHUP, SIG_IGN))
    blpseg.handlesHangup.store(handlesHangup, ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] + (handlesHangup ? [SIGHUP] : []) {
      signal(number) { _ in Interruption.handle() }
      sigaddset(&signals, number)
    }
    // A parent thread that blocks signals passes its mask on to this program.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Runs inside a signal handler: nothing here may wait or allocate.
  private static func handle() {
    let code = errno
    requested.store(true, ordering: .relaxed)
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
    if blpseg.handlesHangup.load(ordering: .relaxed) { signal(SIGHUP, SIG_DFL) }
    let notice: StaticString = "\nblpseg: stopping and saving; once more to end at once\n"
    _ = write(STDERR_FILENO, notice.utf8Start, notice.utf8CodeUnitCount)
    errno = code
  }

  private static func isIgnored(_ handler: sig_t?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
