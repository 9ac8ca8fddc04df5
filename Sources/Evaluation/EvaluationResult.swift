import Files
import Foundation

/// What an evaluation found, with what it takes to repeat it: the contents of `evaluation.json`.
public struct EvaluationResult: Sendable, Equatable, Codable {
  /// The views of each image whose logits are averaged.
  public struct Views: Sendable, Equatable, Codable {
    /// Factors of the image's sides.
    public var scales: [Double]
    /// Whether every scale is seen mirrored as well.
    public var mirror: Bool

    public init(scales: [Double], mirror: Bool) {
      self.scales = scales
      self.mirror = mirror
    }
  }

  /// Class names in the order of their labels.
  public let classes: [String]
  /// Intersection over union of each class in 0...1; nil for a class in neither prediction nor ground truth.
  public let iou: [Double?]
  /// The mean of `iou` over the classes that occur.
  public let meanIoU: Double?
  public let pixelAccuracy: Double?
  public let meanAccuracy: Double?
  public let frequencyWeightedIoU: Double?
  /// How many images were evaluated.
  public let images: Int
  public let views: Views
  /// The path of the weights.
  public let weights: String
  /// Wall-clock time of the evaluation.
  public let seconds: Double

  private enum CodingKeys: String, CodingKey {
    case classes, iou, images, views, weights, seconds
    case meanIoU = "mean_iou"
    case pixelAccuracy = "pixel_accuracy"
    case meanAccuracy = "mean_accuracy"
    case frequencyWeightedIoU = "frequency_weighted_iou"
  }

  /// The result that a confusion matrix holds; `classes` must name each of its classes.
  public init(
    _ matrix: ConfusionMatrix, classes: [String], images: Int, views: Views, weights: String, seconds: Double
  ) {
    precondition(classes.count == matrix.classCount, "each class of the matrix needs a name")
    self.classes = classes
    iou = matrix.iou
    meanIoU = matrix.meanIoU
    pixelAccuracy = matrix.pixelAccuracy
    meanAccuracy = matrix.meanAccuracy
    frequencyWeightedIoU = matrix.frequencyWeightedIoU
    self.images = images
    self.views = views
    self.weights = weights
    self.seconds = seconds
  }

  /// Reads what `write` wrote.
  public init(contentsOf path: String) throws(FileError) {
    let data = try InputFile.read(path)
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch {
      throw .invalid(path, "is not the JSON of an evaluation (\(EvaluationResult.problem(error)))")
    }
    guard iou.count == classes.count else {
      throw .invalid(path, "names \(classes.count) classes and gives the IoU of \(iou.count)")
    }
  }

  /// Indented JSON with sorted keys.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var data = try encoder.encode(self)
    data.append(UInt8(ascii: "\n"))
    return data
  }

  /// Writes the JSON to `path`.
  public func write(to path: String) throws {
    try OutputFile.write(try json(), to: path)
  }

  /// The IoU of each class and the means, in percent, in aligned columns.
  public var table: String {
    let perClass = zip(classes, iou).map { (oneLine($0), percent($1)) }
    let means = [
      ("mean IoU", meanIoU), ("pixel accuracy", pixelAccuracy), ("mean accuracy", meanAccuracy),
      ("frequency-weighted IoU", frequencyWeightedIoU),
    ].map { ($0.0, percent($0.1)) }
    let header = ("class", "IoU %")
    let rows = [header] + perClass + means
    let name = rows.map(\.0.count).max() ?? 0
    let value = rows.map(\.1.count).max() ?? 0
    let line = { (row: (String, String)) in
      row.0 + String(repeating: " ", count: name - row.0.count + 2 + value - row.1.count) + row.1
    }
    let rule = String(repeating: "-", count: name + 2 + value)
    return ([line(header), rule] + perClass.map(line) + [rule] + means.map(line)).joined(separator: "\n")
  }

  private func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }

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
