import Batches
import Datasets
import Evaluation
import Files
import Prediction

/// Compares predictions with the ground truth of a data set.
public struct Evaluator {
  public let predictor: Predictor
  private let classes: ClassList

  public init(_ predictor: Predictor, classes: ClassList) {
    self.predictor = predictor
    self.classes = classes
  }

  /// The confusion matrix over all images of `dataset`, which must have masks; `progress` is called after each and may
  /// throw to stop.
  private func matrix(
    of dataset: SegmentationDataset, _ progress: (_ done: Int, _ of: Int) throws -> Void
  ) throws -> ConfusionMatrix {
    var matrix = ConfusionMatrix(classCount: classes.count)
    var done = 0
    let samples = dataset.prefetched()
    while let sample = try samples.next() {
      guard let groundTruth = sample.groundTruth else {
        throw FileError.invalid(dataset.layout.list, "names \(sample.id), which has no mask, and evaluation needs one")
      }
      try matrix.add(prediction: predictor(sample.image).labels(), groundTruth: groundTruth)
      done += 1
      try progress(done, dataset.count)
    }
    return matrix
  }

  /// The result over all images of `dataset`, for the record; `weights` is the path of the network's weights.
  public func result(
    of dataset: SegmentationDataset, weights: String, _ progress: (_ done: Int, _ of: Int) throws -> Void
  ) throws -> EvaluationResult {
    let start = ContinuousClock.now
    let matrix = try matrix(of: dataset, progress)
    let views = predictor.views
    return EvaluationResult(
      matrix, classes: classes.names, images: dataset.count, views: .init(scales: views.scales, mirror: views.mirror),
      weights: weights, seconds: (ContinuousClock.now - start) / .seconds(1))
  }
}
