import ArgumentParser
import Evaluation
import Experiments
import Foundation
import Processes
import Reports
import Settings

struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study", abstract: "Compare settings over several seeds.",
    discussion: """
      A study file (YAML) names a settings file (base), settings with their values (grid) or cells of settings, and seeds. \
      Each run is a folder OUTPUT/CELL/seed-N as train makes it. What is missing is trained, seed by seed over all cells; \
      Ctrl-C saves and exits with 130, and the same command goes on. Several processes and machines that see the folder \
      share the runs when each is started with this command. After each run the folder receives study.txt, which is \
      printed at the end, study.json and report.html: means and standard deviations, differences to a reference cell seed by \
      seed with their confidence intervals, learning curves, and IoU by distance to the scribbles. A run that fails is \
      recorded and the others go on; the exit code is 1 then, and the next start tries it again. Docs/Study.md describes \
      the file.
      """)

  @Argument(help: "The study, a YAML file.")
  var file: String

  @Flag(help: "List the runs that are there and those that are missing, and write nothing.")
  var dryRun = false

  @Flag(help: "Write the report of the runs that are there, and train nothing.")
  var report = false

  func validate() throws {
    if dryRun && report {
      throw ValidationError("--dry-run and --report exclude each other: a dry run writes nothing.")
    }
  }

  func run() throws {
    try reportingFailure {
      PassiveThreads.begin()
      guard try LaunchEnvironment(environment: ProcessInfo.processInfo.environment) == nil else {
        throw SettingsError(
          source: file,
          problem:
            "a study trains each run in one process, and RANK or its like is set; start blpseg study by itself, as "
            + "often as there are devices")
      }
      let study = try Study(contentsOf: file)
      if dryRun || report { try study.checkRuns() } else { try study.check() }
      if dryRun {
        Console.result(try study.result(command: CommandLine.arguments).stateTable)
      } else if report {
        tell(try study.writeReport(command: CommandLine.arguments), of: study)
      } else {
        Interruption.listen()
        try train(study)
      }
    }
  }

  private func train(_ study: Study) throws {
    Console.line("\(study.name): \(study.runs.count) runs in \(study.folder)")
    let outcome = try StudyRun(study, command: CommandLine.arguments).run(StudyConsole.watch)
    Console.topic = nil
    switch outcome {
    case .interrupted:
      Console.line("Interrupted; the run is saved. Start the same command again to go on.")
      throw ExitCode(130)
    case .finished(let result, let held, let failed):
      tell(result, of: study)
      for name in held { Console.line("Another process is at \(name), and the report does not have it yet.") }
      if !failed.isEmpty {
        Console.error("\(failed.count) of \(study.runs.count) runs failed: \(failed.joined(separator: "; ")).")
        throw ExitCode.failure
      }
    }
  }

  private func tell(_ result: StudyResult, of study: Study) {
    Console.result(result.text)
    Console.line("Report: \(study.page)")
  }
}

/// Tells how the runs of a study go, each as `train` does, with its name before every line.
private enum StudyConsole {
  static var watch: StudyObserver {
    var watch = StudyObserver()
    watch.begin = { run, experiment in
      Console.topic = run.name
      Console.progress("reading the data and the network")
      return TrainingConsole(experiment).watch
    }
    watch.ended = { run, problem in
      Console.topic = nil
      Console.line("\(run.name): \(problem.map { "failed: \($0)" } ?? "finished")")
    }
    watch.measuring = { run, done, total in
      Console.progress(
        ProgressLine(done: done, total: total, parts: [.init("\(run.name): IoU by distance to the scribbles")]))
    }
    watch.warn = { Console.line("\($0)") }
    watch.shouldStop = { Interruption.isRequested }
    return watch
  }
}
