import Files
import Foundation

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
