import Batches
import Datasets
import Evaluation
import Files
import Foundation
import Images
import Prediction
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

/// Compares predictions with the ground truth of a data set.
public struct Evaluator {
  public let predictor: Predictor
  private let classes: ClassList

  public init(_ predictor: Predictor, classes: ClassList) {
    self.predictor = predictor
    self.classes = classes
  }

  /// The result over all images of `dataset`, predicted by the predictor's recipe; `weights` is the path of the
  /// network's weights, for the record.
  public func result(
    of dataset: SegmentationDataset, weights: String, _ progress: (_ done: Int, _ of: Int) throws -> Void
  ) throws -> EvaluationResult {
    try results(of: dataset, [predictor.recipe], weights: weights, progress)[0]
  }

  /// The results of predicting all images of `dataset`, which must have masks, in several ways, in their order.
  ///
  /// Each view of an image is computed once. The masks predicted in the first way go to `folder`. `progress` is called
  /// after each image and may throw to stop.
  func results(
    of dataset: SegmentationDataset, _ protocols: [PredictionRecipe], weights: String,
    savingTo folder: MaskFolder? = nil,
    _ progress: (_ done: Int, _ of: Int) throws -> Void
  ) throws -> [EvaluationResult] {
    let start = ContinuousClock.now
    var scores = protocols.map { _ in
      (matrix: ConfusionMatrix(classCount: classes.count), boundary: BoundaryIoU(classCount: classes.count))
    }
    var imageScores = protocols.map { _ in [Double?]() }
    var done = 0
    let samples = dataset.prefetched()
    while let sample = try samples.next() {
      guard let groundTruth = sample.groundTruth else {
        throw FileError.invalid(dataset.layout.list, "names \(sample.id), which has no mask, and evaluation needs one")
      }
      let predicted = try named(sample.id) { try predictions(of: sample, protocols, dataset) }
      for (way, prediction) in predicted.enumerated() {
        let labels = try named(sample.id) { try prediction.labels() }
        var matrix = ConfusionMatrix(classCount: classes.count)
        try matrix.add(prediction: labels, groundTruth: groundTruth)
        imageScores[way].append(matrix.meanIoU)
        try scores[way].matrix.merge(matrix)
        try scores[way].boundary.add(prediction: labels, groundTruth: groundTruth)
        if way == 0, let folder { try labels.write(palettePNG: folder.path(of: sample.id), colors: classes.colors) }
      }
      done += 1
      try progress(done, dataset.count)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    return protocols.indices.map { index in
      let (way, score) = (protocols[index], scores[index])
      return EvaluationResult(
        score.matrix, score.boundary, classes: classes.names, images: dataset.count, views: way.views,
        crf: way.crf?.record, weights: weights, seconds: seconds, imageScores: imageScores[index])
    }
  }

  /// The predictions of a sample; one that is too large is named with its file.
  private func predictions(
    of sample: Sample, _ protocols: [PredictionRecipe], _ dataset: SegmentationDataset
  ) throws -> [PhotographPrediction] {
    do {
      return try predictor(sample.image, protocols)
    } catch let error as PredictionSizeError {
      throw FileError.invalid(
        dataset.item(sample.id)?.image ?? sample.id,
        "\(error.problem); use smaller evaluation.scales, or make the photograph and its mask smaller")
    }
  }
}

/// Runs `body`; scores that are not finite are reported as those of this photograph.
func named<Value>(_ photograph: String, _ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch is NonFiniteScores {
    throw NonFiniteScores(of: photograph)
  }
}

/// A folder of masks by the ids of a data set's images: ID.png, a palette or grey PNG whose index is the class.
struct MaskFolder {
  private let folder: String

  /// A folder to read masks from. Throws where the mask of one of the images is missing.
  init(reading folder: String, of dataset: SegmentationDataset) throws(FileError) {
    self.folder = folder
    _ = try InputFile.names(inFolder: folder)
    for item in dataset.items { try InputFile.requireFile(path(of: item.id)) }
  }

  /// A folder to write masks to, made where it is missing. Throws where a mask would replace a file of the data set.
  init(writing folder: String, of dataset: SegmentationDataset) throws(FileError) {
    self.folder = folder
    let files = dataset.items.flatMap { [$0.image, $0.scribbles, $0.mask].compactMap { $0 } }
    let originals = Set(files.map(FilePlace.init))
    for item in dataset.items where originals.contains(FilePlace(path(of: item.id))) {
      throw .invalid(path(of: item.id), "is a file of the data set and would be replaced; choose another folder")
    }
    try OutputFile.makeFolder(folder)
  }

  func path(of id: String) -> String { Path.joined(folder, "\(id).png") }
}
