import Images

/// How well pixels are labelled by how far they lie from what annotators prefer: near their scribbles, and deep inside
/// spacious regions rather than in corners and along contours.
///
/// The paper's premise (Wang et al., IEEE Transactions on Image Processing 32, 2023) is that annotators draw where there
/// is room, and that a network learns this preference along with the classes. Two distances show it, both Euclidean and in
/// shares of the image's diagonal:
/// - to the nearest scribble pixel of the pixel's own true class, so that a pixel is far when nothing near it said what it
///   is, however many scribbles of other classes pass by; or of any class, to compare;
/// - to the nearest pixel outside the pixel's own region of the ground truth, void counting as outside and the edge of the
///   image not: how deep inside its object it lies.
///
/// Ground truth that is `Label.ignored` is left out.
public struct PreferenceAnalysis: Sendable {
  /// Whose scribbles a pixel's distance is measured to.
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
    try EvaluationError.requireComparable(prediction, groundTruth, classCount: classCount)
    precondition(
      scribbles.width == groundTruth.width && scribbles.height == groundTruth.height,
      "scribbles have the size of their photograph")
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
