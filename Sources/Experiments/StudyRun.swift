import Evaluation
import Files
import Foundation
import Settings
import Tensors
import Training

/// How a study ended.
package enum StudyOutcome: Sendable {
  /// Stopped on request, with everything saved.
  case interrupted
  /// All that this process could do is done. `held` names runs that other processes were at, `failed` those that failed.
  case finished(StudyResult, held: [String], failed: [String])
}

/// Callbacks and questions of a study, on the thread that computes.
package struct StudyObserver {
  /// Called before a run is trained, or evaluated anew; what it returns observes the training.
  package var begin: (Study.Run, Experiment) -> TrainingObserver = { _, _ in TrainingObserver() }
  /// Called when a run's training is done, or failed for the reason given.
  package var ended: (Study.Run, _ problem: String?) -> Void = { _, _ in }
  /// Called after each training image that is predicted for IoU by distance.
  package var measuring: (Study.Run, _ done: Int, _ of: Int) -> Void = { _, _, _ in }
  /// Called with a warning about a file.
  package var warn: (FileWarning) -> Void = { _ in }
  /// Asked between runs and images; true saves and stops.
  package var shouldStop: () -> Bool = { false }

  package init() {}
}

/// Does the runs of a study that are missing, one after another.
///
/// Any number of processes and machines that see the folder may do so at the same time: each run is done by the process
/// that has the lock of its folder.
package struct StudyRun {
  private let study: Study
  /// How it was started, for the record.
  private let command: [String]
  private let start = Date.now

  package init(_ study: Study, command: [String] = []) {
    self.study = study
    self.command = command
  }

  /// Does what is missing, and writes the report after each run and at the end.
  ///
  /// A run that fails is recorded, and the others go on; a later start tries it again. A run that another process is at
  /// is looked at again after the others. `Study.check` is to be called before. Throws where the study's own files cannot
  /// be written.
  package func run(_ observer: StudyObserver) throws -> StudyOutcome {
    var rest = study.runs
    var held: [Study.Run] = []
    var failed: [String] = []
    try study.writeReport(command: command)
    repeat {
      held = []
      for run in rest {
        if observer.shouldStop() { return .interrupted }
        switch try attempt(run, observer) {
        case .done: break
        case .held: held.append(run)
        case .failed: failed.append(run.name)
        case .interrupted: return .interrupted
        }
      }
      // As long as others finish runs, those that are left may have become free.
      if held.count == rest.count { break }
      rest = held
    } while !held.isEmpty
    return .finished(try study.writeReport(command: command), held: held.map(\.name), failed: failed)
  }

  private enum Ending {
    /// Done now or before.
    case done
    case failed
    /// Another process is at it.
    case held
    case interrupted
  }

  /// Does what is left of one run, if it can be locked.
  private func attempt(_ run: Study.Run, _ observer: StudyObserver) throws -> Ending {
    if study.isDone(run) { return .done }
    if study.failure(of: run, since: start) != nil { return .failed }
    let free = try RunLock(ifFree: run.folder, holder: TrainingRun.processName, warn: observer.warn)
    guard let lock = free else { return .held }
    defer { withExtendedLifetime(lock) {} }
    // Another process may have done it since.
    if study.isDone(run) { return .done }
    do {
      guard try complete(run, lock, observer) else { return .interrupted }
      if FileManager.default.fileExists(atPath: run.failure) {
        try? FileManager.default.removeItem(atPath: run.failure)
      }
    } catch {
      let problem = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
      try OutputFile.write(problem + "\n", to: run.failure)
      if FileManager.default.fileExists(atPath: run.folder.log) { try? RunLog(run.folder.log).append(problem) }
      observer.ended(run, problem)
      try study.writeReport(command: command)
      return .failed
    }
    try study.writeReport(command: command)
    return .done
  }

  /// Trains, evaluates and measures as far as it is missing; false where it was asked to stop.
  private func complete(_ run: Study.Run, _ lock: RunLock, _ observer: StudyObserver) throws -> Bool {
    ProcessorShare.apply(run.settings.threads)
    let experiment = try Experiment.checked(run.settings)
    if study.evaluation(of: run) == nil {
      // What is measured belongs to weights that are to be replaced.
      try? FileManager.default.removeItem(atPath: run.distances)
      let resume = RunState(of: run.folder) == .continuable
      let outcome = try TrainingRun(experiment, holding: lock)
        .run(resume: resume, command: command, observer.begin(run, experiment))
      guard case .finished = outcome else { return false }
      observer.ended(run, nil)
    }
    guard study.lacksDistances(run) else { return true }
    let measured = try ScribbleDistanceRun(experiment, limit: study.distanceImages).run(observer.warn) { done, total in
      observer.measuring(run, done, total)
      return !observer.shouldStop()
    }
    guard let measured else { return false }
    try measured.write(to: run.distances)
    return true
  }
}
