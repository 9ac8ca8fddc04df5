import ArgumentParser
import Experiments
import Preparation

extension PrepareCommand {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check everything that training needs: what the images hold, problems, and what is doubtful.",
      discussion: """
        Loads every image and goes on after faulty ones; looks at lists, classes, backbone weights, device, output folder \
        and what the settings mean for these images. Exits with 1 where there is a problem; doubts are questions to you \
        and do not stop a run.
        """)

    @OptionGroup var settings: SettingsArguments

    func run() throws {
      try reportingFailure {
        Interruption.listen()
        let start = ContinuousClock.now
        // Without `Experiment`, which the first problem would end.
        let check = Preflight(
          try settings.load(), for: .report,
          progress: { part, done, total in
            Console.progress("checking \(part) images", done, of: total, since: start)
          }, shouldStop: { Interruption.isRequested })
        Console.result("\(check)")
        if !check.isComplete { throw ExitCode(130) }
        if check.findings.contains(where: { $0.kind == .problem }) { throw ExitCode.failure }
      }
    }
  }
}
