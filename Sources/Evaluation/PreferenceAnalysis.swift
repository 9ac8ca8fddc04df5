import Files
import Foundation
import Images

/// IoU and recall of pixels by their distance to where annotators prefer to draw: near scribbles, and deep inside
/// spacious regions rather than in corners and along contours.
///
/// The paper's premise (Wang et al., IEEE Transactions on Image Processing 32, 2023) is that annotators draw where
/// there is room, and that a network learns this preference along with the classes. Two distances show it, both
/// Euclidean and in shares of the image's diagonal:
/// - to the nearest scribble pixel of the pixel's own true class, so that a pixel is far when no scribble near it has
///   its class, however many scribbles of other classes are near; or of any class, to compare;
/// - to the nearest pixel outside the pixel's own region of the ground truth, void counting as outside and the edge of
///   the image not: its depth inside its object.
///
/// Ground truth that is `Label.ignored` is left out.
public struct PreferenceAnalysis: Sendable {
  /// The scribbles to which a pixel's distance is measured.
  public enum Reference: String, Sendable, Codable {
    case ownClass = "own_class"
    case anyClass = "any_class"
  }

  public let classCount: Int
  public let reference: Reference
  private(set) var byScribble: DistanceBins
  private(set) var byDepth: DistanceBins
  public private(set) var images = 0

  /// Nothing counted yet, for 1...255 classes.
  public init(classCount: Int, reference: Reference = .ownClass) {
    precondition((1...255).contains(classCount), "an analysis needs 1...255 classes")
    self.classCount = classCount
    self.reference = reference
    byScribble = DistanceBins(classCount: classCount)
    byDepth = byScribble
  }

  /// Counts the pixels of one image; `scribbles` holds `Label.ignored` where nothing was drawn, and has the size of the
  /// others.
  ///
  /// Throws when sizes of prediction and ground truth differ or a label is no class, and then counts nothing.
  public mutating func add(
    prediction: LabelMap, groundTruth: LabelMap, scribbles: LabelMap
  ) throws(EvaluationError) {
    try EvaluationError.requireComparable(prediction, groundTruth, scribbles, classCount: classCount)
    images += 1
    let diagonal = Double(groundTruth.width * groundTruth.width + groundTruth.height * groundTruth.height).squareRoot()
    let depths = groundTruth.distancesToOtherLabels()
    let distances = distances(from: groundTruth, to: scribbles)
    for index in groundTruth.labels.indices where groundTruth.labels[index] != Label.ignored {
      let (actual, predicted) = (groundTruth.labels[index], prediction.labels[index])
      byDepth.count(groundTruth: actual, prediction: predicted, distance: Double(depths[index]) / diagonal)
      byScribble.count(groundTruth: actual, prediction: predicted, distance: Double(distances[index]) / diagonal)
    }
  }

  /// The distance of each pixel to the scribbles that count for it.
  private func distances(from groundTruth: LabelMap, to scribbles: LabelMap) -> [Float] {
    if reference == .anyClass { return scribbles.distances { $0 != Label.ignored } }
    var result = [Float](repeating: .infinity, count: groundTruth.labels.count)
    for label in Set(groundTruth.labels).intersection(scribbles.labels) where label != Label.ignored {
      let distances = scribbles.distances { $0 == label }
      for index in result.indices where groundTruth.labels[index] == label { result[index] = distances[index] }
    }
    return result
  }
}

/// Pixels sorted by a distance, with a confusion matrix for each range of it.
struct DistanceBins: Sendable, Equatable {
  /// The lower bound of each range but the first, in shares of the image's diagonal: images differ in size, and the
  /// width of a scribble's neighbourhood that a network sees as one differs with it. 1 % is 6 pixels at 500 x 375.
  static let edges: [Double] = [0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24]

  /// The lower bound of each range but the first.
  let edges: [Double]
  /// One matrix for each range, the last one without an end.
  private(set) var matrices: [ConfusionMatrix]
  /// Sums of the distances in each range.
  private(set) var sums: [Double]
  /// Pixels whose distance is infinite.
  private(set) var beyond: ConfusionMatrix

  init(classCount: Int, edges: [Double] = Self.edges) {
    self.edges = edges
    beyond = ConfusionMatrix(classCount: classCount)
    matrices = Array(repeating: beyond, count: edges.count + 1)
    sums = Array(repeating: 0, count: edges.count + 1)
  }

  /// Counts a pixel at a distance in the unit of the edges; both labels are classes.
  mutating func count(groundTruth: UInt8, prediction: UInt8, distance: Double) {
    guard distance.isFinite else { return beyond.count(groundTruth: groundTruth, prediction: prediction) }
    var bin = 0
    while bin < edges.count && distance >= edges[bin] { bin += 1 }
    matrices[bin].count(groundTruth: groundTruth, prediction: prediction)
    sums[bin] += distance
  }
}

/// IoU and recall by distance to the scribbles and by depth inside objects: the contents of `preference.json`.
public struct PreferenceResult: Sendable, Equatable, Codable {
  /// IoU and recall in one range of a distance.
  public struct Bin: Sendable, Equatable, Codable {
    /// Both ends in shares of the image's diagonal, in a `ScribbleDistanceResult` in pixels; the upper one is excluded,
    /// and nil without an end.
    public let from: Double
    public let to: Double?
    /// The mean distance of the pixels, nil where there are none.
    public let meanDistance: Double?
    /// Pixels with ground truth.
    public let pixels: Int
    /// IoU of each class over these pixels alone, TP / (TP + FP + FN) in 0...1; nil for a class that is not in their
    /// ground truth.
    public let iou: [Double?]
    /// The mean of `iou`.
    public let meanIoU: Double?
    /// The share of each class's pixels that was predicted right.
    public let recall: [Double?]
    /// The mean of `recall`.
    public let meanRecall: Double?

    /// Number of classes in the means.
    public var classCount: Int { iou.count { $0 != nil } }

    private enum CodingKeys: String, CodingKey {
      case from, to, pixels, iou, recall
      case meanDistance = "mean_distance"
      case meanIoU = "mean_iou"
      case meanRecall = "mean_recall"
    }

    init(_ matrix: ConfusionMatrix, from: Double, to: Double?, sum: Double) {
      self.from = from
      self.to = to
      pixels = matrix.pixelCount
      meanDistance = pixels == 0 ? nil : sum / Double(pixels)
      recall = matrix.recall
      iou = matrix.iou
      meanIoU = mean(iou)
      meanRecall = mean(recall)
    }
  }

  /// All ranges of one distance.
  public struct Curve: Sendable, Equatable, Codable {
    /// In ascending order; the last one has no end.
    public let bins: [Bin]
    /// Pixels that have no such distance: without a scribble that counts for them, or in a region without a contour.
    public let pixelsWithout: Int

    private enum CodingKeys: String, CodingKey {
      case bins
      case pixelsWithout = "pixels_without"
    }

    init(_ bins: DistanceBins) {
      let edges = bins.edges
      self.bins = bins.matrices.indices.map { index in
        Bin(
          bins.matrices[index], from: index == 0 ? 0 : edges[index - 1], to: index < edges.count ? edges[index] : nil,
          sum: bins.sums[index])
      }
      pixelsWithout = bins.beyond.pixelCount
    }

    /// Pixels with ground truth, whatever their distance.
    public var pixels: Int { bins.reduce(pixelsWithout) { $0 + $1.pixels } }
  }

  /// Class names in the order of their labels.
  public let classes: [String]
  public let images: Int
  /// The origin of the predictions: the path of the weights or of a folder of masks, and the views.
  public let predictions: String
  /// The scribbles that `byScribbleDistance` measures to.
  public let reference: PreferenceAnalysis.Reference
  /// By the distance to the nearest scribble pixel.
  public let byScribbleDistance: Curve
  /// By the distance to the nearest pixel outside the pixel's region of the ground truth.
  public let byDepth: Curve

  private enum CodingKeys: String, CodingKey {
    case classes, images, predictions
    case reference = "scribbles"
    case byScribbleDistance = "by_scribble_distance"
    case byDepth = "by_depth"
  }

  /// The result of an analysis; `classes` must name each of its classes.
  public init(_ analysis: PreferenceAnalysis, classes: [String], predictions: String) {
    precondition(classes.count == analysis.classCount, "each class needs a name")
    self.classes = classes
    self.predictions = predictions
    images = analysis.images
    reference = analysis.reference
    byScribbleDistance = Curve(analysis.byScribble)
    byDepth = Curve(analysis.byDepth)
  }

  /// Indented JSON with sorted keys.
  public func json() throws -> Data { try indentedJSON(self) }
}
