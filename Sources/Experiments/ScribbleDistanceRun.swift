import Datasets
import Evaluation
import Files
import Images

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
