import Images

/// Intersection over union of each class in a band along its contours: how well contours match, whatever the objects'
/// size.
///
/// Cheng, Girshick, Dollár, Berg and Kirillov, "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation"
/// (CVPR 2021). With G and P a class's pixels in ground truth and prediction, and G_d and P_d the pixels within d of
/// their contours, it is |(G_d ∩ G) ∩ (P_d ∩ P)| / |(G_d ∩ G) ∪ (P_d ∩ P)|. As in their program,
/// - d is 2 % of the image's diagonal, rounded, and at least 1 pixel;
/// - distances are those of d erosions by 3 x 3 pixels: the larger of rows and columns;
/// - the edge of the image is a contour.
///
/// The published measure is for one object; here, as with IoU, both counts are summed over all images first. Ground
/// truth that is `Label.ignored` is cut out of both maps before contours are drawn, so that a prediction which is right
/// wherever there is ground truth scores 1.
public struct BoundaryIoU: Sendable, Equatable {
  /// d over the diagonal of the image.
  public static let share = 0.02

  public let classCount: Int
  /// Pixels in both bands, for each class.
  public private(set) var intersections: [Int]
  /// Pixels in one of the bands or both, for each class.
  public private(set) var unions: [Int]
  /// Pixels in the band of the ground truth, for each class.
  private var actual: [Int]

  /// Nothing counted yet, for 1...255 classes.
  public init(classCount: Int) {
    precondition((1...255).contains(classCount), "boundary IoU needs 1...255 classes")
    self.classCount = classCount
    intersections = Array(repeating: 0, count: classCount)
    unions = intersections
    actual = intersections
  }

  /// Counts the pixels of one image.
  ///
  /// Throws when the sizes differ or a label is no class, and then counts nothing.
  public mutating func add(prediction: LabelMap, groundTruth: LabelMap) throws(EvaluationError) {
    try EvaluationError.requireComparable(prediction, groundTruth, classCount: classCount)
    let predicted = LabelMap(
      width: prediction.width, height: prediction.height,
      labels: zip(prediction.labels, groundTruth.labels).map { $1 == Label.ignored ? Label.ignored : $0 })
    let reach = BoundaryIoU.reach(width: prediction.width, height: prediction.height)
    let actualBand = groundTruth.contourBand(reach: reach)
    let predictedBand = predicted.contourBand(reach: reach)
    for index in groundTruth.labels.indices where groundTruth.labels[index] != Label.ignored {
      let (row, column) = (Int(groundTruth.labels[index]), Int(predicted.labels[index]))
      let (inActual, inPredicted) = (actualBand[index], predictedBand[index])
      if inActual {
        unions[row] += 1
        actual[row] += 1
      }
      if inActual && inPredicted && row == column {
        intersections[row] += 1
      } else if inPredicted {
        unions[column] += 1
      }
    }
  }

  /// Boundary IoU of each class in 0...1; nil for a class that is not in the ground truth.
  public var iou: [Double?] {
    (0..<classCount).map { actual[$0] == 0 ? nil : ratio(intersections[$0], unions[$0]) }
  }

  /// The mean of `iou` over the classes in the ground truth.
  public var mean: Double? { Evaluation.mean(iou) }

  /// d for an image of this size.
  public static func reach(width: Int, height: Int) -> Int {
    let diagonal = Double(width * width + height * height).squareRoot()
    return max(1, Int((share * diagonal).rounded(.toNearestOrEven)))
  }
}

extension LabelMap {
  /// Whether each pixel has another label, or the outside of the map, within `reach` rows and columns.
  ///
  /// One pass over the pixels, whatever the reach: the window around a pixel is of one label when 2 reach + 1 windows
  /// of one row each, one below the other, are of that label.
  func contourBand(reach: Int) -> [Bool] {
    let side = 2 * reach + 1
    var band = [Bool](repeating: true, count: labels.count)
    // For each column, how many rows up to this one have a window of one label, and which.
    var rows = [Int](repeating: 0, count: width)
    var rowLabels = [UInt8](repeating: 0, count: width)
    for y in 0..<height {
      var run = 0
      for x in 0..<width {
        let index = y * width + x
        let label = labels[index]
        run = x > 0 && label == labels[index - 1] ? run + 1 : 1
        let center = x - reach
        guard center >= 0 else { continue }
        guard run >= side else {
          rows[center] = 0
          continue
        }
        rows[center] = rowLabels[center] == label ? rows[center] + 1 : 1
        rowLabels[center] = label
        if rows[center] >= side { band[index - reach * width - reach] = false }
      }
    }
    return band
  }
}
