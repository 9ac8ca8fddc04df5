import Files
import Foundation
import Images

/// The figures of an evaluation, with what is needed to repeat it: the contents of `evaluation.json`.
public struct EvaluationResult: Sendable, Equatable, Codable {
  /// Class names in the order of their labels.
  public let classes: [String]
  /// Intersection over union of each class in 0...1; nil for a class that is not in the ground truth.
  public let iou: [Double?]
  /// The mean of `iou` over the classes in the ground truth; nil where it is void everywhere, as are the other means.
  public let meanIoU: Double?
  public let pixelAccuracy: Double?
  public let meanAccuracy: Double?
  public let frequencyWeightedIoU: Double?
  /// `BoundaryIoU.iou`: in 0...1; nil for a class that is not in the ground truth.
  public let boundaryIoU: [Double?]
  /// The mean of `boundaryIoU` over the classes in the ground truth.
  public let meanBoundaryIoU: Double?
  /// Number of images evaluated.
  public let images: Int
  /// The views of each image whose logits are averaged.
  public let views: Views
  /// The constants of the dense CRF by the names of their settings; nil without it.
  public let crf: [String: Double]?
  /// The path of the weights.
  public let weights: String
  /// Wall-clock time of the evaluation.
  public let seconds: Double
  /// Results of other views of the same images with the same weights, where they were requested.
  public var others: [EvaluationResult] = []
  /// The pixels behind the numbers; not part of the JSON, and so nil where that was read.
  public private(set) var confusion: ConfusionMatrix?
  /// Mean IoU of each image alone, in the order of the data set; nil where nothing could be compared. Not part of the
  /// JSON either.
  public private(set) var imageScores: [Double?] = []

  private enum CodingKeys: String, CodingKey {
    case classes, iou, images, views, crf, weights, seconds, others
    case meanIoU = "mean_iou"
    case pixelAccuracy = "pixel_accuracy"
    case meanAccuracy = "mean_accuracy"
    case frequencyWeightedIoU = "frequency_weighted_iou"
    case boundaryIoU = "boundary_iou"
    case meanBoundaryIoU = "mean_boundary_iou"
  }

  /// The result that pixel counts hold; `classes` must name each of their classes.
  public init(
    _ matrix: ConfusionMatrix, _ boundary: BoundaryIoU, classes: [String], images: Int, views: Views,
    crf: [String: Double]? = nil, weights: String, seconds: Double, imageScores: [Double?] = []
  ) {
    precondition(
      classes.count == matrix.classCount && classes.count == boundary.classCount, "each class needs a name")
    self.classes = classes
    iou = matrix.iou
    meanIoU = matrix.meanIoU
    pixelAccuracy = matrix.pixelAccuracy
    meanAccuracy = matrix.meanAccuracy
    frequencyWeightedIoU = matrix.frequencyWeightedIoU
    boundaryIoU = boundary.iou
    meanBoundaryIoU = boundary.mean
    self.images = images
    self.views = views
    self.crf = crf
    self.weights = weights
    self.seconds = seconds
    confusion = matrix
    self.imageScores = imageScores
  }

  /// Reads what `write` wrote.
  public init(contentsOf path: String) throws(FileError) {
    let data = try InputFile.read(path)
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch {
      throw .invalid(path, "is not the JSON of an evaluation (\(EvaluationResult.problem(error)))")
    }
    for count in [iou.count, boundaryIoU.count] where count != classes.count {
      throw .invalid(path, "names \(classes.count) classes and gives the IoU of \(count)")
    }
  }

  /// Writes means that are undefined as null, so that their keys are there.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(classes, forKey: .classes)
    try values.encode(iou, forKey: .iou)
    try values.encode(meanIoU, forKey: .meanIoU)
    try values.encode(pixelAccuracy, forKey: .pixelAccuracy)
    try values.encode(meanAccuracy, forKey: .meanAccuracy)
    try values.encode(frequencyWeightedIoU, forKey: .frequencyWeightedIoU)
    try values.encode(boundaryIoU, forKey: .boundaryIoU)
    try values.encode(meanBoundaryIoU, forKey: .meanBoundaryIoU)
    try values.encode(images, forKey: .images)
    try values.encode(views, forKey: .views)
    try values.encodeIfPresent(crf, forKey: .crf)
    try values.encode(weights, forKey: .weights)
    try values.encode(seconds, forKey: .seconds)
    try values.encode(others, forKey: .others)
  }

  /// Indented JSON with sorted keys.
  public func json() throws -> Data { try indentedJSON(self) }

  private static func problem(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return error.localizedDescription }
    let name = { (path: [any CodingKey]) in path.map(\.stringValue).joined(separator: ".") }
    return switch error {
    case .keyNotFound(let key, _): "\(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): "\(name(context.codingPath)) has another type"
    default: "it is damaged"
    }
  }
}
