import Batches
import Datasets
import Evaluation
import Files
import Foundation
import Images
import Prediction
import Reports
import Settings

/// Analyses how well pixels are predicted by their distance to scribbles and their depth inside objects.
public struct PreferenceRun {
  /// Inputs and outputs of an analysis.
  public struct Options: Sendable {
    /// Which list names the images, which need scribbles and ground truth.
    public enum List: String, Sendable, CaseIterable {
      case training = "train"
      case validation = "val"
    }

    public var list = List.training
    /// The path of the weights; by default the run's best checkpoint.
    public var weights: String?
    /// A folder of masks, ID.png, that take the place of a network's predictions.
    public var predictions: String?
    /// Whose scribbles distances are measured to.
    public var reference = PreferenceAnalysis.Reference.ownClass
    /// The folder of the results; by default the run's.
    public var folder: String?
    /// Called with warnings about the weights' file.
    public var warn: @Sendable (FileWarning) -> Void = { _ in }

    public init() {}
  }

  private let experiment: Experiment

  public init(_ experiment: Experiment) { self.experiment = experiment }

  /// Writes `preference.json` and the page `preference.html`, whose path is returned too.
  public func run(
    _ options: Options, _ progress: (_ done: Int, _ of: Int) -> Void
  ) throws -> (result: PreferenceResult, page: String) {
    let dataset = try scribbledAndLabelled(options.list)
    let source = try source(options, dataset)
    let outputs = ["json", "html"].map { "\(options.folder ?? experiment.folder.path)/preference.\($0)" }
    // Fails before the work, not after it, where nothing can be written.
    for output in outputs { _ = try OutputFile(output) }
    var analysis = PreferenceAnalysis(classCount: experiment.classes.count, reference: options.reference)
    let samples = dataset.prefetched()
    while let sample = try samples.next() {
      guard let groundTruth = sample.groundTruth, let scribbles = sample.scribbles else { continue }
      let prediction = try source.labels(sample)
      do {
        try analysis.add(prediction: prediction, groundTruth: groundTruth, scribbles: scribbles)
      } catch {
        throw FileError.invalid(source.path(sample), "does not fit the ground truth: \("\(error)".dropLast())")
      }
      progress(analysis.images, dataset.count)
    }
    let result = PreferenceResult(analysis, classes: experiment.classes.names, predictions: source.name)
    try OutputFile.write(result.json(), to: outputs[0])
    try report(result, options.list).write(to: outputs[1])
    return (result, outputs[1])
  }

  /// Where predictions come from.
  private struct Source {
    /// For the record.
    let name: String
    let labels: (Sample) throws -> LabelMap
    /// The file that is at fault where a prediction does not fit.
    let path: (Sample) -> String
  }

  private func source(_ options: Options, _ dataset: SegmentationDataset) throws -> Source {
    if let folder = options.predictions {
      let masks = try MaskFolder(reading: folder, of: dataset)
      return Source(
        name: folder, labels: { try LabelMap(contentsOf: masks.path(of: $0.id)) }, path: { masks.path(of: $0.id) })
    }
    let recipe = experiment.predictionRecipe
    let (predictor, path) = try experiment.trainedPredictor(options.weights, recipe.views, options.warn)
    let way = recipe.views.description(crf: recipe.crf != nil)
    return Source(
      name: "\(path), \(way)",
      labels: { sample in try named(sample.id) { try predictor(sample.image, [recipe])[0].labels() } },
      path: { _ in path })
  }

  /// The images of a list with their scribbles and their ground truth.
  private func scribbledAndLabelled(_ list: Options.List) throws -> SegmentationDataset {
    let data = experiment.settings.data
    let lists = (training: data.trainList, validation: data.validationList)
    guard let masks = data.masks, let list = list == .training ? lists.training : lists.validation else {
      throw SettingsError(
        source: "data", problem: "masks and the list of images are needed to analyse them, and one of them is null")
    }
    return try SegmentationDataset(
      data.layout(list, scribbles: data.scribbles, masks: masks), classes: experiment.classes)
  }

  private func report(_ result: PreferenceResult, _ list: Options.List) -> Report {
    let kind = list == .training ? "training" : "validation"
    return Report(
      title: "\(experiment.settings.name): near scribbles and far from them",
      summary: "How well the pixels of \(result.images) \(kind) photographs are labelled, by where they lie. "
        + "Predictions: \(result.predictions).",
      preference: result)
  }
}

/// Measures how well a run predicts its own training images by the distance to their scribbles.
struct ScribbleDistanceRun {
  private let experiment: Experiment
  /// The most images that are predicted.
  private let limit: Int

  init(_ experiment: Experiment, limit: Int) {
    self.experiment = experiment
    self.limit = limit
  }

  /// The result of the last checkpoint in a single view, on training images that have scribbles and ground truth, spread
  /// evenly over their list; of no image where there is none. Nil where `progress`, which is called after each image,
  /// returns false.
  func run(
    _ warn: (FileWarning) -> Void, _ progress: (_ done: Int, _ of: Int) -> Bool
  ) throws -> ScribbleDistanceResult? {
    var analysis = ScribbleDistanceAnalysis(classCount: experiment.classes.count)
    let names = experiment.classes.names
    guard let dataset = try experiment.previewSet(), !dataset.items.isEmpty else {
      return ScribbleDistanceResult(analysis, classes: names, limit: limit)
    }
    let count = min(limit, dataset.count)
    let predictor = try experiment.trainedPredictor(experiment.folder.lastCheckpoint, .single, warn).predictor
    for index in 0..<count {
      let sample = try dataset.load(dataset.items[index * dataset.count / count])
      guard let scribbles = sample.scribbles, let groundTruth = sample.groundTruth else { continue }
      let prediction = try named(sample.id) { try predictor(sample.image, [predictor.recipe])[0].labels() }
      try analysis.add(prediction: prediction, groundTruth: groundTruth, scribbles: scribbles)
      guard progress(index + 1, count) else { return nil }
    }
    return ScribbleDistanceResult(analysis, classes: names, limit: limit)
  }
}
