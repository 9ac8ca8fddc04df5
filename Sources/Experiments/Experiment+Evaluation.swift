import Evaluation
import Files
import Foundation
import Prediction

extension Experiment {
  /// Evaluates weights on the validation images and writes the result as JSON.
  ///
  /// `weights` defaults to the best checkpoint of the run, or its last where there was no validation; `output` to
  /// `evaluation.json` in the run's folder.
  public func evaluate(
    weights: String?, output: String?, _ progress: (_ done: Int, _ of: Int) -> Void
  ) throws -> EvaluationResult {
    guard let dataset = try validationSet() else {
      throw SettingsError(
        source: "data", problem: "validation_list and masks are needed to evaluate, and one of them is null")
    }
    let path = weights ?? ownWeights
    let trained = try TrainedNetwork(path, on: device)
    guard trained.network.configuration.classCount == classes.count else {
      throw FileError.invalid(
        path, "predicts \(trained.network.configuration.classCount) classes, and data.classes names \(classes.count)")
    }
    let evaluator = Evaluator(predictor(trained.network, views), classes: classes)
    let result = try evaluator.result(of: dataset, weights: path, progress)
    try result.write(to: output ?? folder.evaluation)
    return result
  }

  private var ownWeights: String {
    FileManager.default.fileExists(atPath: folder.bestCheckpoint) ? folder.bestCheckpoint : folder.lastCheckpoint
  }
}
