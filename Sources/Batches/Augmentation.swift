import Datasets
import Images

/// How a photograph is varied before a training step: mirrored, scaled, normalised and cropped, in this order.
public struct Augmentation: Sendable, Equatable {
  /// Probability of mirroring left and right.
  public let flipProbability: Double
  /// Range of the factor by which both sides are scaled.
  public let scale: ClosedRange<Double>
  /// Height and width of the result in pixels.
  public let crop: Int

  public init(flipProbability: Double = 0.5, scale: ClosedRange<Double> = 0.75...1.25, crop: Int = 384) {
    precondition(0...1 ~= flipProbability, "a probability is from 0 to 1")
    precondition(scale.lowerBound > 0 && scale.upperBound.isFinite, "a scale is above 0")
    precondition(crop > 0, "a crop has pixels")
    self.flipProbability = flipProbability
    self.scale = scale
    self.crop = crop
  }

  /// A random variant of `sample`, which must have scribbles.
  ///
  /// Takes four numbers from `stream`: mirroring, factor, row and column of the crop. A side that is shorter than the
  /// crop is placed at random and padded: 0 in the normalised photograph, `Label.ignored` in the labels.
  public func augmented(
    _ sample: Sample, classCount: Int, _ normalization: ChannelNormalization, using stream: inout RandomStream
  ) -> TrainingSample {
    guard var scribbles = sample.scribbles else { preconditionFailure("training needs scribbles") }
    precondition(1..<Int(Label.ignored) ~= classCount, "labels are bytes")
    let present = Augmentation.classPresent(scribbles, classCount)
    var (image, groundTruth) = (sample.image, sample.groundTruth)
    if stream.chance(flipProbability) {
      (image, scribbles, groundTruth) = (image.mirrored(), scribbles.mirrored(), groundTruth?.mirrored())
    }
    let factor = stream.uniform(in: scale)
    if factor != 1 {
      image = image.resizedCubic(by: factor)
      scribbles = scribbles.resizedNearest(by: factor)
      groundTruth = groundTruth?.resizedNearest(by: factor)
    }
    let part = Crop(image.width, image.height, croppedTo: crop, using: &stream)
    let unchanged = Array(0...UInt8.max)
    var unlabelled = unchanged
    unlabelled[Int(Label.ignored)] = UInt8(classCount)
    return TrainingSample(
      id: sample.id, side: crop, image: normalization.planes(of: image, part),
      scribbles: part.labels(of: scribbles, unlabelled), classPresent: present,
      groundTruth: groundTruth.map { part.labels(of: $0, unchanged) })
  }

  private static func classPresent(_ scribbles: LabelMap, _ classCount: Int) -> [Float] {
    var seen = [Bool](repeating: false, count: Int(UInt8.max) + 1)
    seen[0] = true
    seen.withUnsafeMutableBufferPointer { seen in
      for label in scribbles.labels { seen[Int(label)] = true }
    }
    return seen.prefix(classCount).map { $0 ? 1 : 0 }
  }
}
