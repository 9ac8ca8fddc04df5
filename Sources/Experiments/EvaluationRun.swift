import Evaluation
import Files
import Foundation
import Prediction
import Images
import Reports
import Settings

/// Evaluates weights on the validation images.
public struct EvaluationRun {
  /// Inputs and outputs of an evaluation.
  public struct Options: Sendable {
    /// The path of the weights; by default the run's best checkpoint, or its last where there was no validation.
    public var weights: String?
    /// Where the JSON goes; by default `evaluation.json` in the run's folder.
    public var output: String?
    /// Whether to compare a single view, the settings' views, and these with the dense CRF.
    public var allProtocols = false
    /// The folder of the masks predicted as the settings say, where they are wanted.
    public var predictions: String?
    /// Called with warnings about the weights' file.
    public var warn: @Sendable (FileWarning) -> Void = { _ in }
    /// How the evaluation was started, for the record.
    public var command: [String] = []

    public init() {}
  }

  private let experiment: Experiment

  public init(_ experiment: Experiment) { self.experiment = experiment }

  /// Evaluates weights on the validation images and writes the result as JSON, with the confusion matrix and a page of
  /// pictures beside it, whose path is returned too.
  ///
  /// The result is that of the settings' views and CRF; with all protocols, the others are in its `others`. `checking` is
  /// told how far the masks are checked beforehand, and `doubted` what is doubtful about them, a sentence each.
  public func run(
    _ options: Options, checking: (_ done: Int, _ of: Int) -> Void = { _, _ in },
    doubted: (_ doubt: String) -> Void = { _ in }, _ progress: (_ done: Int, _ of: Int) -> Void
  ) throws -> (result: EvaluationResult, page: String) {
    guard let dataset = try experiment.validationSet() else {
      throw SettingsError(
        source: "data",
        problem:
          "validation_list and masks are needed to evaluate; \(experiment.settings.data.validationObstacle ?? "")")
    }
    let (predictor, path) = try experiment.trainedPredictor(options.weights, experiment.views, options.warn)
    let output = options.output ?? experiment.folder.evaluation
    // Fails before the work, not after it, where nothing can be written.
    _ = try OutputFile(output)
    try experiment.checkedMasks(checking).forEach(doubted)
    let masks = try options.predictions.map { try MaskFolder(writing: $0, of: dataset) }
    let standard = experiment.predictionRecipe
    let compared: [PredictionRecipe] =
      options.allProtocols
      ? [
        .init(.single), .init(experiment.views),
        .init(experiment.views, crf: experiment.settings.evaluation.crfConstants),
      ] : []
    let evaluator = Evaluator(predictor, classes: experiment.classes)
    let results = try evaluator.results(
      of: dataset, [standard] + compared.filter { $0 != standard }, weights: path, savingTo: masks, progress)
    var result = results[0]
    result.others = Array(results.dropFirst())
    try result.write(to: output)
    let page = EvaluationResult.pagePath(beside: output)
    try ExperimentReport(experiment, predictor, standard).write(result, of: dataset, command: options.command, to: page)
    return (result, page)
  }
}
