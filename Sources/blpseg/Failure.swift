import ArgumentParser
import Experiments
import Files
import Preparation
import Processes
import Settings

/// Runs a command's body; an error is printed as one sentence and becomes the exit code that stands for it.
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
  } catch {
    // What LibTorch has to say may be several lines long.
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
