import Evaluation
import Files
import Foundation
import Prediction

extension Experiment {
  /// Evaluates weights on the validation images and writes the result as JSON.
  ///
  /// `weights` defaults to the run's best checkpoint, or its last where there was no validation; `output` to
  /// `evaluation.json` in the run's folder.
  public func evaluate(
    weights: String?, output: String?, _ progress: (_ done: Int, _ of: Int) -> Void
  ) throws -> EvaluationResult {
    guard let dataset = try validationSet() else {
      throw SettingsError(
        source: "data", problem: "validation_list and masks are needed to evaluate, and one of them is null")
    }
    guard let path = weights ?? bestWeights else {
      throw FileError(folder.path, .missing, "holds no weights; train first, or name a file with --weights")
    }
    let trained = try TrainedNetwork(path, on: device)
    guard trained.network.configuration.classCount == classes.count else {
      throw FileError.invalid(
        path, "predicts \(trained.network.configuration.classCount) classes, and data.classes names \(classes.count)")
    }
    let output = output ?? folder.evaluation
    // A place where nothing can be written is found out before the work, not after it.
    _ = try OutputFile(output)
    let evaluator = Evaluator(predictor(trained.network, views), classes: classes)
    let result = try evaluator.result(of: dataset, weights: path, progress)
    try result.write(to: output)
    return result
  }

  /// The run's best checkpoint, or its last where there was no validation; nil before the first of them.
  public var bestWeights: String? {
    [folder.bestCheckpoint, folder.lastCheckpoint].first { FileManager.default.fileExists(atPath: $0) }
  }
}
