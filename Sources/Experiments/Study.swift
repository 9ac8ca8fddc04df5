import Checkpoints
import Datasets
import Evaluation
import Files
import Foundation
import Preparation
import Settings
import Training

/// A study: runs of several settings with several seeds, to be compared.
package struct Study: Sendable {
  /// One run of a study.
  package struct Run: Sendable {
    /// Index of its cell.
    let cell: Int
    package let seed: Int
    /// The name of the cell and the seed, such as "blp=0, seed 1".
    package let name: String
    package let settings: ExperimentSettings

    package var folder: RunFolder { RunFolder(settings.output) }
    /// Why the study's last try failed, in a sentence.
    var failure: String { "\(folder.path)/failure.txt" }
    /// IoU by distance to the scribbles, as JSON.
    var distances: String { "\(folder.path)/distances.json" }
  }

  package let name: String
  /// The path of its file.
  package let path: String
  /// The folder of the runs and the report.
  package let folder: String
  package let seeds: [Int]
  let cells: [StudyCell]
  /// Index of the cell that the others are compared with.
  let reference: Int
  /// The most training images on which IoU by distance to the scribbles is computed.
  let distanceImages: Int

  /// Reads the study's file and the settings of all its cells.
  ///
  /// Throws a `FileError` for a file that cannot be read and a `SettingsError`, which names the cell, for settings that
  /// cannot be used.
  package init(contentsOf path: String) throws {
    let (study, cells, reference) = try StudySettings.load(path)
    name = study.name
    self.path = path
    folder = study.output
    seeds = study.seeds
    self.cells = cells
    self.reference = reference
    distanceImages = study.distanceImages
  }

  /// The results as JSON.
  package var json: String { Path.joined(folder, "study.json") }
  /// The tables as they are printed.
  package var text: String { Path.joined(folder, "study.txt") }
  /// The page of tables and curves.
  package var page: String { Path.joined(folder, "report.html") }

  /// All runs, seed by seed over all cells, so that a study that is stopped has runs of every cell.
  package var runs: [Run] { seeds.flatMap { seed in cells.indices.map { run(cell: $0, seed: seed) } } }

  /// The run of a cell.
  func run(cell index: Int, seed: Int) -> Run {
    let cell = cells[index]
    var settings = cell.settings
    settings.name = "\(name), \(cell.name), seed \(seed)".replacing("/", with: "-")
    settings.output = Path.joined(folder, "\(cell.folder)/seed-\(seed)")
    settings.seed = seed
    return Run(cell: index, seed: seed, name: "\(cell.name), seed \(seed)", settings: settings)
  }
}

// What must hold before a study begins, and what is there of its runs.

extension Study {
  /// Checks all cells and the runs that are there, before anything is trained.
  ///
  /// Throws where the settings of a cell cannot be used, where it has no validation images or files of its data are
  /// missing, where cells have other classes than the first, and what `checkRuns` throws.
  package func check() throws {
    var checked: [DataSettings] = []
    var classes: ClassList?
    for (index, cell) in cells.enumerated() {
      let experiment = try Experiment(cell.settings)
      try TrainingRun(experiment).requireBatch()
      guard cell.settings.data.validationLayout != nil else {
        throw SettingsError(
          source: path,
          problem: "in cell \(cell.name), there are no validation images to compare by: "
            + "\(cell.settings.data.validationObstacle ?? ""); give data.validation_list and data.masks")
      }
      if let classes, classes != experiment.classes {
        throw SettingsError(
          source: path,
          problem: "cells \(cells[0].name) and \(cell.name) have different classes, and cannot be compared")
      }
      classes = experiment.classes
      try requireSound(cell.name, run(cell: index, seed: seeds[0]).settings)
      guard !checked.contains(cell.settings.data) else { continue }
      checked.append(cell.settings.data)
      _ = try Preflight(cell.settings, for: .continuation).requireSound()
    }
    try checkRuns()
  }

  /// Throws where a run that is there was made with other settings than the study says now.
  package func checkRuns() throws {
    for run in runs { try requireSameSettings(run) }
  }

  /// Throws where something other than images is known to be wrong with a cell: weights, losses, the folder.
  private func requireSound(_ name: String, _ settings: ExperimentSettings) throws(PreflightFailure) {
    let problems = Preflight.trainingFindings(settings, nil, .training).filter { $0.kind == .problem }
    guard !problems.isEmpty else { return }
    throw PreflightFailure(
      problems: problems.map { Finding(.problem, $0.subject, "\($0.sentence) (cell \(name))", cause: $0.cause) })
  }

  /// Throws where the folder of a run holds one with other settings than the study says now; paths to the same names may
  /// differ, and what a machine has.
  private func requireSameSettings(_ run: Run) throws {
    guard case .continuable = RunState(of: run.folder) else { return }
    guard let text = try InputFile.readIfPresent(run.folder.settings) else { return }
    let path = run.folder.settings
    let old = try ExperimentSettings.parse(String(decoding: text, as: UTF8.self), source: path)
    let differences = run.settings.contentsThatDiffer(from: old)
    guard let first = differences.first else { return }
    let more = differences.count > 1 ? " (\(differences.count) settings differ)" : ""
    throw SettingsError(
      source: path,
      problem:
        "\(first.name) was \(shortened(first.old)) in this run and is \(shortened(first.new)) in the study\(more); "
        + "move the folder \(run.folder.path) away, name another output in \(self.path), or take the old value")
  }

  /// The result of a run that is trained to its end, evaluated as training does it, and has its report; nil otherwise.
  func evaluation(of run: Run) -> EvaluationResult? {
    guard let result = try? EvaluationResult(contentsOf: run.folder.evaluation),
      result.views == .single, result.crf == nil,
      Path.name(of: result.weights) == Path.name(of: run.folder.lastCheckpoint),
      let metadata = try? Safetensors.describe(run.folder.lastCheckpoint).metadata,
      let progress = TrainingCheckpoint.progress(in: metadata), !progress.isValidationDue,
      let planned = try? run.settings.plannedIterations(), progress.iteration >= planned,
      FileManager.default.fileExists(atPath: run.folder.report)
    else { return nil }
    return result
  }

  /// Whether nothing is left to do for a run.
  func isDone(_ run: Run) -> Bool { evaluation(of: run) != nil && !lacksDistances(run) }

  /// Whether IoU by distance to the scribbles is still to be computed for a run that is trained.
  func lacksDistances(_ run: Run) -> Bool {
    distanceImages > 0 && ScribbleDistanceResult(ifPresent: run.distances)?.limit != distanceImages
  }

  /// Why the last try of a run failed; nil where it did not, or was made before `time`.
  func failure(of run: Run, since time: Date = .distantPast) -> String? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: run.failure),
      let date = attributes[.modificationDate] as? Date, date >= time,
      let text = try? InputFile.text(run.failure)
    else { return nil }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension ExperimentSettings {
  /// Number of steps in all. Throws where the list of training images cannot be read.
  fileprivate func plannedIterations() throws(FileError) -> Int {
    if model.kind == .frozenFeatures { return fitting.steps }
    let images = try InputFile.lines(data.path(data.trainList)).count
    return training.plan(batchesPerEpoch: max(1, images / training.batchSize)).iterations
  }

  /// The settings that differ from older ones such that another network is learnt or measured.
  ///
  /// Files and folders of the same name may lie elsewhere; the device, threads and what only names the run may differ.
  fileprivate func contentsThatDiffer(from old: ExperimentSettings) -> [SettingDifference] {
    let deciding = Set(shared.valuesThatDiffer(from: old.shared).map(\.name))
    let free = ["name", "output", "device", "threads", "data.root", "data.workers"]
    return absolute.valuesThatDiffer(from: old.absolute).filter { difference in
      if deciding.contains(difference.name) { return true }
      return !free.contains(difference.name) && Path.name(of: difference.old) != Path.name(of: difference.new)
    }
  }
}
