import Datasets
import Evaluation
import Files
import Foundation
import Reports
import Settings
import Training

// What a study has found so far.

extension Study {
  /// Writes study.txt, study.json and report.html from the runs that are there, and returns their contents.
  ///
  /// One process at a time gathers and writes, so that the last one to finish a run leaves a report of all of them.
  @discardableResult
  public func writeReport(command: [String]) throws -> StudyResult {
    let lock = try reportLock()
    defer { withExtendedLifetime(lock) {} }
    let result = try result(command: command)
    try OutputFile.write(result.json(), to: json)
    try OutputFile.write(result.text + "\n", to: text)
    try report(result).write(to: page)
    return result
  }

  /// The lock of the study's folder, for which it waits while others write their report; nil where the file system has no
  /// locks.
  private func reportLock() throws -> FileLock? {
    // Others take a second at the most; one that hangs is not waited for.
    for _ in 0..<300 {
      do throws(FileLock.Failure) {
        return try FileLock(folder: folder, holder: TrainingRun.processName)
      } catch {
        switch error {
        case .held: usleep(100_000)
        case .unsupported: return nil
        case .file(let error): throw error
        }
      }
    }
    throw FileError.invalid(folder, "is locked by another process that writes the study's report; start again later")
  }

  /// The results of the runs that are there.
  public func result(command: [String]) throws -> StudyResult {
    let found = cells.indices.map { cell in seeds.map { state(of: run(cell: cell, seed: $0)) } }
    let results = cells.indices.map { index in
      let given = Dictionary(cells[index].given.map { ($0.key, $0.text) }) { _, last in last }
      return StudyCellResult(
        name: cells[index].name, settings: given, runs: found[index],
        reference: index == reference ? nil : found[reference])
    }
    return StudyResult(
      name: name, time: ISO8601DateFormatter().string(from: .now), command: command, software: RunStart.software,
      seeds: seeds, reference: cells[reference].name, classes: try cells[0].settings.data.classList().names,
      cells: results, curves: try curves(found))
  }

  private func state(of run: Run) -> StudyRunResult {
    let evaluation = evaluation(of: run)
    let problem = evaluation != nil && !lacksDistances(run) ? nil : failure(of: run)
    let state: StudyRunResult.State =
      if evaluation != nil {
        .finished
      } else if problem != nil {
        .failed
      } else {
        RunState(of: run.folder) == .free ? .missing : .begun
      }
    return StudyRunResult(
      seed: run.seed, folder: run.folder.path, state: state, problem: problem, evaluation: evaluation,
      distances: evaluation == nil ? nil : ScribbleDistanceResult(ifPresent: run.distances))
  }

  private func report(_ result: StudyResult) throws -> Report {
    var facts: [Report.KeyNumber] = [
      .init("written", RunStart.minute(.now)), .init("version", RunStart.versionText(result.software)),
      .init("seeds", seeds.map(String.init).joined(separator: ", ")),
    ]
    if let program = result.command.first {
      facts.append(.init("command", shellText([Path.name(of: program)] + result.command.dropFirst())))
    }
    return Report(
      title: name, summary: result.pageSummary, facts: facts, keyNumbers: result.keyNumbers, study: result,
      classes: result.classes, colors: try cells[0].settings.data.classList().colors,
      settings: cells[reference].settings.resolvedYAML)
  }
}
