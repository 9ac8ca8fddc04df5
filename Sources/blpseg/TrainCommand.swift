import ArgumentParser
import Experiments
import Foundation
import Processes

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a network as a settings file says.",
    discussion: """
      The run's folder (setting output) receives settings.yaml, run.json, train.log, metrics.jsonl, best.safetensors, \
      last.safetensors, evaluation.json and report.html. Ctrl-C, SIGTERM and SIGHUP save and exit with 130, a second one ends at once; --resume continues from there, or from the last \
      checkpoint after a crash. Several processes share each batch when torchrun starts them, as in \
      torchrun --no-python --nproc-per-node 2 blpseg train ..., or anything else that sets RANK, WORLD_SIZE, LOCAL_RANK, \
      MASTER_ADDR and MASTER_PORT.
      """)

  @OptionGroup var settings: SettingsArguments

  @Flag(help: "Continue the run in the output folder from its last checkpoint.")
  var resume = false

  func run() throws {
    try reportingFailure {
      PassiveThreads.begin()
      Interruption.listen()
      let launch = try LaunchEnvironment(environment: ProcessInfo.processInfo.environment)
      if let launch { Console.speaker = "process \(launch.rank) of \(launch.count)" }
      let experiment = try Experiment.checked(settings.load(), as: launch)
      let console = TrainingConsole(experiment)
      if launch?.isFirst ?? true { Console.progress("reading the data and the network") }
      let outcome: TrainingOutcome
      do {
        outcome = try TrainingRun(experiment).run(resume: resume, command: CommandLine.arguments, console.watch)
      } catch {
        console.keep(error)
        throw error
      }
      let speaks = launch?.isFirst ?? true
      switch outcome {
      case .interrupted:
        if speaks { Console.line(advice(to: experiment)) }
        throw ExitCode(130)
      case .finished(let result) where speaks:
        if let result { Console.result(result.table) }
        Console.line("Report: \(experiment.folder.report)")
        if let weights = experiment.bestWeights { Console.line("Weights: \(weights)") }
      case .finished: break
      }
    }
  }

  /// Advice on how to continue an interrupted run.
  private func advice(to experiment: Experiment) -> String {
    // A head is saved once it is fitted.
    experiment.bestWeights == nil
      ? "Interrupted before the head was fitted; nothing is saved. Start again without --resume."
      : "Interrupted; saved to \(experiment.folder.lastCheckpoint). Continue with --resume."
  }
}
