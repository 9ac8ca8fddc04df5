import Datasets
import Evaluation
import Files
import Foundation
import Losses
import Reports
import Settings
import Training

// What a study has found so far.

extension Study {
  /// Writes study.txt, study.json and report.html from the runs that are there, and returns their contents.
  ///
  /// One process at a time gathers and writes, so that the last one to finish a run leaves a report of all of them.
  @discardableResult
  package func writeReport(command: [String]) throws -> StudyResult {
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
  package func result(command: [String]) throws -> StudyResult {
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

/// A loss as a run's record, the console and the report name it.
package struct RecordedLoss: Sendable {
  /// One word.
  package let name: String
  /// The key of its values in `metrics.jsonl`.
  package let metricsKey: String
  /// Its name in the report.
  let title: String
  /// A phrase that says what it measures.
  let explanation: String

  init(_ loss: any Loss) {
    self.init(name: loss.name, title: loss.title, explanation: loss.explanation, metricsKey: loss.metricsKey)
  }

  private init(name: String, title: String, explanation: String, metricsKey: String) {
    (self.name, self.title, self.explanation, self.metricsKey) = (name, title, explanation, metricsKey)
  }

  /// The losses of a head that is fitted to frozen features.
  static let ofFitting = [
    scribbles, absent, tags,
  ]
  static let scribbles = RecordedLoss(
    name: "scribbles", title: "scribble loss", explanation: "cross entropy at scribbled pixels",
    metricsKey: "scribbles_loss")
  static let absent = RecordedLoss(
    name: "absent", title: "absent-class loss",
    explanation: "probability of classes that are not on the photograph, at unlabelled pixels",
    metricsKey: "absent_loss")
  static let tags = RecordedLoss(
    name: "tags", title: "tag loss", explanation: "error of the classifier that tells which classes a photograph shows",
    metricsKey: "tags_loss")
}

extension ExperimentSettings {
  /// What the record of a run with these settings holds of losses.
  var recordedLosses: [RecordedLoss] {
    switch model.kind {
    case .blpseg, .featurePyramid: loss.objective.losses.map(RecordedLoss.init)
    case .frozenFeatures: RecordedLoss.ofFitting
    }
  }
}

extension Study {
  /// Learning curves, the mean over each cell's finished runs: validation mIoU where runs have several validations, and
  /// otherwise the losses that all cells have.
  ///
  /// `found` holds the runs of each cell. A curve has the places that all runs of its cell have.
  func curves(_ found: [[StudyRunResult]]) throws -> [StudyResult.Curves] {
    let records = try found.map { runs in
      try runs.filter { $0.state == .finished }.map { try MetricsFile.read(RunFolder($0.folder).metrics) }
    }
    func curves(_ title: String, over: String, areRatios: Bool, _ place: (MetricsEntry) -> Int, _ key: String)
      -> StudyResult.Curves
    {
      let lines = zip(cells, records).compactMap { cell, records in
        Self.mean(of: records.map { Self.points($0, place, key) }).map { points in
          StudyResult.Curves.Line(cell: cell.name, x: points.map { Double($0.place) }, y: points.map(\.value))
        }
      }
      return StudyResult.Curves(title: title, over: over, areRatios: areRatios, lines: lines)
    }
    let validation = curves("Validation", over: "epoch", areRatios: true, { $0.epoch + 1 }, "mean_iou")
    if validation.lines.contains(where: { $0.x.count > 1 }) { return [validation] }
    let losses = cells.map(\.settings.recordedLosses)
    return losses[0].filter { loss in losses.allSatisfy { $0.contains { $0.metricsKey == loss.metricsKey } } }
      .map { loss in
        let title = loss.title.prefix(1).uppercased() + loss.title.dropFirst()
        return curves(title, over: "step", areRatios: false, \.iteration, loss.metricsKey)
      }
      .filter { !$0.lines.isEmpty }
  }

  /// The values of a key by their places; of two at one place the later one.
  private static func points(
    _ record: [MetricsEntry], _ place: (MetricsEntry) -> Int, _ key: String
  ) -> [Int: Double] {
    Dictionary(record.compactMap { entry in entry.values[key].map { (place(entry), $0) } }) { _, last in last }
  }

  /// The means at the places that all have, ascending; nil where there is none.
  private static func mean(of curves: [[Int: Double]]) -> [(place: Int, value: Double)]? {
    guard let first = curves.first else { return nil }
    let places = first.keys.filter { place in curves.allSatisfy { $0[place] != nil } }.sorted()
    if places.isEmpty { return nil }
    return places.map { place in
      (place, curves.reduce(0) { $0 + ($1[place] ?? 0) } / Double(curves.count))
    }
  }
}
