import Preparation
import Processes
import Settings
import Training

extension Experiment {
  /// The time in which images are checked before a run or an evaluation, in seconds: enough for thousands on two cores,
  /// and little beside the training of larger sets, of which a part is then checked.
  private static let checkingTime = 30.0

  /// An experiment to be trained; where it cannot be made, everything that is wrong is thrown in one go.
  public static func checked(_ settings: ExperimentSettings, as launch: LaunchEnvironment? = nil) throws -> Experiment {
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
