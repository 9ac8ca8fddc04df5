import Datasets
import Images

/// Random variation of a training image: mirrored, scaled, normalised and cropped, in this order.
public struct Augmentation: Sendable, Equatable {
  /// Probability of mirroring left and right.
  public var flipProbability: Double
  /// Range of the factor by which both sides are scaled.
  public var scale: ClosedRange<Double>
  /// Height and width of the result in pixels.
  public var crop: Int
  /// The longer side that larger photographs are reduced to first, in pixels; nil for none.
  public var maxSide: Int?

  public init(
    flipProbability: Double = 0.5, scale: ClosedRange<Double> = 0.75...1.25, crop: Int = 384, maxSide: Int? = nil
  ) {
    precondition(0...1 ~= flipProbability, "a probability is from 0 to 1")
    precondition(scale.lowerBound > 0 && scale.upperBound.isFinite, "a scale is above 0")
    precondition(crop > 0, "a crop has pixels")
    self.flipProbability = flipProbability
    self.scale = scale
    self.crop = crop
    self.maxSide = maxSide
  }

  /// A random variant of `sample`, which must have scribbles.
  ///
  /// Takes four numbers from `stream`: mirroring, factor, row and column of the crop. A side that is shorter than the
  /// crop is placed at random and padded: 0 in the normalised photograph, `Label.ignored` in the labels.
  public func augmented(
    _ sample: Sample, classCount: Int, _ normalization: ChannelNormalization, using stream: inout RandomStream
  ) -> TrainingSample {
    guard let drawn = sample.scribbles else { preconditionFailure("training needs scribbles") }
    precondition(1..<Int(Label.ignored) ~= classCount, "labels are bytes")
    // Before reducing and cropping, which may cut a class off.
    var isPresent = drawn.isPresent.prefix(classCount)
    isPresent[0] = true
    let image = sample.image.reduced(toSide: maxSide)
    let scribbles = drawn.reduced(toSide: maxSide, keepingStrokes: true)
    let groundTruth = sample.groundTruth?.reduced(toSide: maxSide, keepingStrokes: false)
    let isMirrored = stream.chance(flipProbability)
    let factor = stream.uniform(in: scale)
    let part = Crop(
      width: image.width, height: image.height, isMirrored: isMirrored, factor: factor, side: crop
    ) { stream.integer(below: $0) }
    return TrainingSample(
      id: sample.id, side: crop,
      image: FloatImage(image, croppedTo: part, normalizedBy: normalization).values,
      scribbles: scribbles.cropped(to: part, unlabelled: UInt8(classCount)).labels,
      classPresent: isPresent.map { $0 ? 1 : 0 },
      groundTruth: groundTruth?.cropped(to: part, unlabelled: Label.ignored).labels)
  }
}
