import ArgumentParser
import Experiments

package struct BLPSegCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "blpseg",
    abstract: "Learn semantic segmentation from scribbles.",
    discussion: """
      Train on photographs with a few strokes per object, evaluate against masks, and predict photographs of your own. \
      Results go to standard output, progress and errors to standard error. Exit codes: 0 done, 1 failed, 64 bad usage \
      or settings, 66 missing input, 130 interrupted after saving.
      """,
    version: Software.version,
    subcommands: [
      PrepareCommand.self, TrainCommand.self, EvaluateCommand.self, PredictCommand.self, AnalyzeCommand.self,
      InspectCommand.self, WeightsCommand.self,
    ])
  package init() {}
}
