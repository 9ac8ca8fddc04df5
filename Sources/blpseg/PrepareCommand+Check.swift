import ArgumentParser
import Experiments
import Preparation

extension PrepareCommand {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Load every image of a settings file, and tell what it holds and what must be mended.",
      discussion: """
        Looks for missing and undecodable files, sizes and labels that do not fit, and validation images among the \
        training images; goes on after each. Exits with 1 when something must be mended.
        """)

    @OptionGroup var settings: SettingsArguments

    func run() throws {
      try reportingFailure {
        Interruption.listen()
        // Without `Experiment`: data can be checked on a machine that lacks the device to train on.
        let data = try settings.load().data
        var parts = [DatasetCheck.Part("training", data.trainingLayout)]
        if let validation = data.validationLayout { parts.append(.init("validation", validation)) }
        let start = ContinuousClock.now
        let check = DatasetCheck(
          parts, classes: try data.classList(), labelNames: try data.maskLabelNames(),
          sequentialRenaming: data.sequentialRenaming,
          progress: { part, done, total in
            Console.progress("checking \(part) images", done, of: total, since: start)
          }, shouldStop: { Interruption.isRequested })
        Console.result("\(check)")
        if !check.isComplete { throw ExitCode(130) }
        if !check.faults.isEmpty { throw ExitCode.failure }
      }
    }
  }
}
