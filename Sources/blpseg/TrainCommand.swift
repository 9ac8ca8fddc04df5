import ArgumentParser
import Experiments

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a network as a settings file says.",
    discussion: """
      The run's folder (setting output) receives settings.yaml, metrics.jsonl, best.safetensors, last.safetensors, \
      evaluation.json and report.html. Ctrl-C saves and exits with 130; --resume continues from there, or from the last \
      checkpoint after a crash.
      """)

  @OptionGroup var settings: SettingsArguments

  @Flag(help: "Continue the run in the output folder from its last checkpoint.")
  var resume = false

  func run() throws {
    try reportingFailure {
      Interruption.listen()
      let experiment = try settings.experiment()
      let console = TrainingConsole(experiment)
      switch try experiment.train(resume: resume, console.watch) {
      case .interrupted:
        Console.line("Interrupted; saved to \(experiment.folder.lastCheckpoint). Continue with --resume.")
        throw ExitCode(130)
      case .finished(let result):
        if let result {
          Console.result(result.table)
          Console.line("Report: \(experiment.folder.report)")
        }
        if let weights = experiment.bestWeights { Console.line("Weights: \(weights)") }
      }
    }
  }
}
