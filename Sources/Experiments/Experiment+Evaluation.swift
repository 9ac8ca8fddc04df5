import Evaluation
import Files
import Foundation
import Prediction

extension Experiment {
  /// What an evaluation uses and leaves behind.
  public struct EvaluationOptions: Sendable {
    /// The path of the weights; by default the run's best checkpoint, or its last where there was no validation.
    public var weights: String?
    /// Where the JSON goes; by default `evaluation.json` in the run's folder.
    public var output: String?
    /// Whether to compare a single view, the settings' views, and these with the dense CRF.
    public var allProtocols = false
    /// The folder of the masks predicted as the settings say, where they are wanted.
    public var predictions: String?
    /// Called with what is odd about the weights' file.
    public var warn: @Sendable (FileWarning) -> Void = { _ in }
    /// How the evaluation was started, for the record.
    public var command: [String] = []

    public init() {}
  }

  /// Evaluates weights on the validation images and writes the result as JSON, with the confusion matrix and a page of
  /// pictures beside it, whose path is returned too.
  ///
  /// The result is that of the settings' views and CRF; with all protocols, the others are in its `others`. `checking` is
  /// told how far the masks are checked beforehand, and `doubted` what is doubtful about them, a sentence each.
  public func evaluate(
    _ options: EvaluationOptions, checking: (_ done: Int, _ of: Int) -> Void = { _, _ in },
    doubted: (_ doubt: String) -> Void = { _ in }, _ progress: (_ done: Int, _ of: Int) -> Void
  ) throws -> (result: EvaluationResult, page: String) {
    guard let dataset = try validationSet() else {
      throw SettingsError(
        source: "data",
        problem: "validation_list and masks are needed to evaluate; \(settings.data.validationObstacle ?? "")")
    }
    let (predictor, path) = try trainedPredictor(options.weights, views, options.warn)
    let output = options.output ?? folder.evaluation
    // A place where nothing can be written is found out before the work, not after it.
    _ = try OutputFile(output)
    try checkedMasks(checking).forEach(doubted)
    let masks = try options.predictions.map { try MaskFolder(writing: $0, of: dataset) }
    let standard = predictionRecipe
    let compared: [PredictionRecipe] =
      options.allProtocols
      ? [.init(.single), .init(views), .init(views, crf: settings.evaluation.crfConstants)] : []
    let evaluator = Evaluator(predictor, classes: classes)
    let results = try evaluator.results(
      of: dataset, [standard] + compared.filter { $0 != standard }, weights: path, savingTo: masks, progress)
    var result = results[0]
    result.others = Array(results.dropFirst())
    try result.write(to: output)
    let page = EvaluationResult.pagePath(beside: output)
    try ExperimentReport(self, predictor, standard).write(result, of: dataset, command: options.command, to: page)
    return (result, page)
  }

  /// How the settings have images predicted.
  var predictionRecipe: PredictionRecipe {
    PredictionRecipe(views, crf: settings.evaluation.crf ? settings.evaluation.crfConstants : nil)
  }

  /// A predictor with a file of weights, or with the run's best where none is named, and the path.
  ///
  /// Throws where it predicts other classes than the settings name.
  func trainedPredictor(
    _ weights: String?, _ views: Views, _ warn: (FileWarning) -> Void
  ) throws -> (predictor: Predictor, path: String) {
    guard let path = weights ?? bestWeights else {
      throw FileError(folder.path, .missing, "holds no weights; train first, or name a file with --weights")
    }
    let trained = try TrainedNetwork(path, on: device)
    trained.warnings.forEach(warn)
    try requireSameClasses(as: trained, path: path)
    return (try predictor(trained.network, views), path)
  }

  /// The run's best checkpoint, or its last where there was no validation; nil before the first of them.
  public var bestWeights: String? {
    [folder.bestCheckpoint, folder.lastCheckpoint].first { FileManager.default.fileExists(atPath: $0) }
  }
}
