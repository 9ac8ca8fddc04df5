import ArgumentParser
import Experiments
import Files

/// Runs a command's body; an error is printed as one sentence and becomes the exit code that stands for it.
func reportingFailure(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let code as ExitCode {
    throw code
  } catch {
    Console.error("\(error)")
    throw exitCode(for: error)
  }
}

private func exitCode(for error: any Error) -> ExitCode {
  switch error {
  case is SettingsError: .validationFailure
  case let error as FileError where error.reason == .missing: ExitCode(66)
  default: .failure
  }
}
