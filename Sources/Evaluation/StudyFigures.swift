/// The figures by which a study compares, each in 0...1 or made of such; nil where there is none.
public struct StudyFigures<Value: Sendable & Equatable & Codable>: Sendable, Equatable, Codable {
  public var meanIoU: Value?
  public var meanBoundaryIoU: Value?
  public var pixelAccuracy: Value?

  private enum CodingKeys: String, CodingKey {
    case meanIoU = "mean_iou"
    case meanBoundaryIoU = "mean_boundary_iou"
    case pixelAccuracy = "pixel_accuracy"
  }

  public init(meanIoU: Value?, meanBoundaryIoU: Value?, pixelAccuracy: Value?) {
    self.meanIoU = meanIoU
    self.meanBoundaryIoU = meanBoundaryIoU
    self.pixelAccuracy = pixelAccuracy
  }

  /// One value for each figure, made by `value` from where the figure is kept.
  init(_ value: (KeyPath<StudyFigures<Double>, Double?>) -> Value?) {
    self.init(
      meanIoU: value(\.meanIoU), meanBoundaryIoU: value(\.meanBoundaryIoU), pixelAccuracy: value(\.pixelAccuracy))
  }
}

extension StudyFigures<Double> {
  /// The figures of an evaluation.
  public init(_ result: EvaluationResult) {
    self.init(
      meanIoU: result.meanIoU, meanBoundaryIoU: result.meanBoundaryIoU, pixelAccuracy: result.pixelAccuracy)
  }
}
