import ArgumentParser
import Preparation

extension LabelConversion {
  /// Converts all files with a progress line, tells how many were written to `folder`, and the first faults.
  ///
  /// Throws the exit code 1 where a file failed, and 130 where the conversion was stopped.
  func runReporting(_ folder: String) throws {
    let start = ContinuousClock.now
    let outcome = try run(
      progress: { Console.progress("converting", $0, of: count, since: start) },
      shouldStop: { Interruption.isRequested })
    let shown = 20
    for fault in outcome.faults.prefix(shown) { Console.error("\(fault)") }
    if outcome.faults.count > shown { Console.error("and \(outcome.faults.count - shown) more files like these.") }
    Console.line("\(outcome.written) of \(count) \(count == 1 ? "file" : "files") converted into \(folder)")
    if outcome.left > 0 {
      Console.line("Interrupted; \(outcome.left) are left. Run again to convert all.")
      throw ExitCode(130)
    }
    if !outcome.faults.isEmpty { throw ExitCode.failure }
  }
}
