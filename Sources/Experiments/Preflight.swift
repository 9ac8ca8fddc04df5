import Datasets
import Files
import Foundation
import Preparation
import Processes
import Settings
import Training

/// Everything that can be known to be wrong or doubtful about an experiment before it runs: its files, and its settings
/// in the light of them.
package struct Preflight: Sendable {
  package enum Purpose: Sendable {
    /// A report about the data and the settings.
    case report
    /// A run from its start.
    case training
    /// A run that goes on: files are looked for and not loaded.
    case continuation
    /// An evaluation, which needs the validation images alone.
    case evaluation
  }

  /// What is wrong, doubtful or worth knowing, settings last.
  package let findings: [Finding]
  /// What the images hold, in words.
  package let contents: String
  /// Whether all images were looked at that were to be.
  package let isComplete: Bool

  /// Checks the experiment that the settings describe; `progress` is told the part, how many of its images were looked at,
  /// and of how many.
  package init(
    _ settings: ExperimentSettings, for purpose: Purpose,
    progress: (_ part: String, _ done: Int, _ of: Int) -> Void = { _, _, _ in }, shouldStop: () -> Bool = { false }
  ) {
    let data = settings.data
    var findings: [Finding] = []
    let classes = Preflight.classes(data, &findings)
    let missing = Preflight.missingRoot(data)
    // Everything inside is missing too; one message is enough.
    if let missing { findings = [missing] }
    var parts: [DatasetCheck.Part] = []
    if purpose != .evaluation {
      parts.append(.init("training", data.trainingLayout, comparingWith: data.referenceLayout))
    }
    if let validation = data.validationLayout { parts.append(.init("validation", validation)) }
    let check = DatasetCheck(
      missing == nil ? parts : [], classes: classes, isLoading: purpose != .continuation, progress: progress,
      shouldStop: shouldStop)
    findings += check.findings
    for (part, outcome) in zip(parts, check.outcomes) {
      guard let examination = outcome.examination, !examination.isComplete else { continue }
      findings.append(
        Finding(
          .doubt, part.layout.list,
          "was checked in part only, \(examination.count) of \(outcome.count) images, since time was over; check all of "
            + "them with blpseg prepare check"))
    }
    if purpose == .report || purpose == .training {
      let training = check.outcomes.first { $0.part == "training" }
      findings += Preflight.trainingFindings(settings, training, purpose)
    }
    self.findings = findings
    contents = check.contents
    isComplete = check.isComplete
  }

  /// Throws the problems, if there are any; returns the doubts, each once.
  func requireSound() throws(PreflightFailure) -> [String] {
    let problems = findings.filter { $0.kind == .problem }
    if !problems.isEmpty { throw PreflightFailure(problems: problems) }
    return FindingList(findings).lines(.doubt)
  }

  private static func classes(_ data: DataSettings, _ findings: inout [Finding]) -> ClassList? {
    do {
      let (classes, warnings) = try data.checkedClassList()
      findings += warnings.map { Finding($0, as: .doubt) }
      return classes
    } catch {
      findings.append(Finding(problem: error))
      return nil
    }
  }

  private static func missingRoot(_ data: DataSettings) -> Finding? {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: data.root, isDirectory: &isFolder)
    if exists && isFolder.boolValue { return nil }
    // Paths that are absolute do without a root.
    let paths = [data.images, data.scribbles, data.trainList]
    if paths.allSatisfy({ $0.hasPrefix("/") }) { return nil }
    if exists { return Finding(.problem, data.root, "is a file, and data.root must be a folder") }
    return Finding(
      FileError(data.root, .missing, "no such folder").expecting(
        "what data.root names, the folder of all images and lists,")
    )
  }
}

extension Preflight: CustomStringConvertible {
  /// What the images hold, and below it what was found.
  package var description: String {
    [contents, FindingList(findings).text].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }
}

/// Why an experiment cannot run.
package struct PreflightFailure: Error, Sendable, CustomStringConvertible {
  /// Never empty.
  package let problems: [Finding]

  /// A sentence for each problem.
  package var lines: [String] { FindingList(problems).lines(.problem) }

  package var description: String { lines.joined(separator: "\n") }
}

extension Finding {
  /// The problem that an error stands for.
  init(problem error: any Error) {
    switch error {
    case let error as FileError: self.init(error)
    case let error as SettingsError:
      self.init(
        .problem, error.line.map { "\(error.source):\($0)" } ?? error.source, error.problem, cause: .setting)
    default: self.init(.problem, "blpseg", "\(error)")
    }
  }
}

extension DataSettings {
  /// The training images with masks, where there is a folder of masks.
  fileprivate var referenceLayout: DatasetLayout? {
    guard let layout = previewLayout, let masks = layout.masks else { return nil }
    return FileManager.default.fileExists(atPath: masks) ? layout : nil
  }
}

extension Experiment {
  /// The time in which images are checked before a run or an evaluation, in seconds: enough for thousands on two cores,
  /// and little beside the training of larger sets, of which a part is then checked.
  private static let checkingTime = 30.0

  /// An experiment to be trained; where it cannot be made, everything that is wrong is thrown in one go.
  package static func checked(_ settings: ExperimentSettings, as launch: LaunchEnvironment? = nil) throws -> Experiment
  {
    do {
      return try Experiment(settings, as: launch)
    } catch {
      guard launch?.isFirst ?? true else { throw error }
      let known = Finding(problem: error)
      let others = timed { Preflight(settings, for: .training, shouldStop: $0) }.findings.filter { $0.kind == .problem }
      let isAmongThem = others.contains { known.subject == $0.subject || known.subject.hasPrefix("\($0.subject)/") }
      throw PreflightFailure(problems: isAmongThem ? others : [known] + others)
    }
  }

  /// What is doubtful about a run that is to begin or to go on; throws `PreflightFailure` where it cannot.
  func checked(_ resume: Bool, _ watch: TrainingObserver) throws(PreflightFailure) -> [String] {
    try Experiment.timed { isLate in
      Preflight(settings, for: resume ? .continuation : .training, progress: watch.checking) {
        isLate() || watch.shouldStop()
      }
    }.requireSound()
  }

  /// What is doubtful about the masks of the validation images; throws `PreflightFailure` where they cannot be used.
  func checkedMasks(_ progress: (_ done: Int, _ of: Int) -> Void) throws(PreflightFailure) -> [String] {
    guard settings.data.validationLayout != nil else { return [] }
    return try Experiment.timed { isLate in
      Preflight(settings, for: .evaluation, progress: { progress($1, $2) }, shouldStop: isLate)
    }.requireSound()
  }

  /// A check that is asked to stop when its time is over.
  private static func timed(_ check: (_ isLate: () -> Bool) -> Preflight) -> Preflight {
    let end = ContinuousClock.now + .seconds(checkingTime)
    return check { ContinuousClock.now > end }
  }
}
