import ArgumentParser
import Experiments
import Files
import Processes

/// Runs a command's body; an error is printed as one sentence and becomes the exit code that stands for it.
func reportingFailure(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let code as ExitCode {
    throw code
  } catch let loss as ProcessLoss {
    Console.error("\(loss); \(TrainingConsole.advice)")
    throw ExitCode.failure
  } catch {
    // What LibTorch has to say may be several lines long.
    Console.error("\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
    throw exitCode(for: error)
  }
}

private func exitCode(for error: any Error) -> ExitCode {
  switch error {
  case is SettingsError, is ProcessSettingsError: .validationFailure
  case let error as FileError where error.reason == .missing: ExitCode(66)
  default: .failure
  }
}
