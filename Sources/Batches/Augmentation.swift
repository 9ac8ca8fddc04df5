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
  /// How far brightness, contrast and saturation vary, 0...1: by up to so much of their range or of themselves.
  public var colorJitter: Double
  /// The longer side that larger photographs are reduced to first, in pixels; nil for none.
  public var maxSide: Int?

  public init(
    flipProbability: Double = 0.5, scale: ClosedRange<Double> = 0.75...1.25, crop: Int = 384, colorJitter: Double = 0,
    maxSide: Int? = nil
  ) {
    precondition(0...1 ~= flipProbability, "a probability is from 0 to 1")
    precondition(scale.lowerBound > 0 && scale.upperBound.isFinite, "a scale is above 0")
    precondition(crop > 0, "a crop has pixels")
    precondition(0...1 ~= colorJitter, "colours vary by a share of their range")
    self.flipProbability = flipProbability
    self.scale = scale
    self.crop = crop
    self.colorJitter = colorJitter
    self.maxSide = maxSide
  }

  /// A random variant of `sample`, which must have scribbles.
  ///
  /// Takes four numbers from `stream`: mirroring, factor, row and column of the crop; and where colours vary three more. A
  /// side that is shorter than the crop is placed at random and padded: 0 in the normalised photograph, `Label.ignored` in the labels.
  package func augmented(
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
    var picture = FloatImage(image, croppedTo: part, normalizedBy: normalization)
    if colorJitter > 0 { picture.vary(ColorVariation(upTo: colorJitter, using: &stream), normalization) }
    return TrainingSample(
      id: sample.id, side: crop, image: picture.values,
      scribbles: scribbles.cropped(to: part, unlabelled: UInt8(classCount)).labels,
      classPresent: isPresent.map { $0 ? 1 : 0 },
      groundTruth: groundTruth?.cropped(to: part, unlabelled: Label.ignored).labels)
  }
}

/// A change of a photograph's colours.
struct ColorVariation {
  /// What is added to every grey level, as a share of their range 0...255.
  let brightness: Double
  /// The factor of differences from the mean.
  let contrast: Double
  /// The factor of differences from grey.
  let saturation: Double

  /// Drawn evenly: brightness up to a quarter of `reach`, contrast and saturation from 1 - `reach` to 1 + `reach`.
  init(upTo reach: Double, using stream: inout RandomStream) {
    brightness = stream.uniform(in: -reach / 4...reach / 4)
    contrast = stream.uniform(in: 1 - reach...1 + reach)
    saturation = stream.uniform(in: 1 - reach...1 + reach)
  }
}

extension FloatImage {
  /// Changes the colours of a normalised photograph, whose padding, 0 in all channels, stays; grey levels stay within 0...255.
  fileprivate mutating func vary(_ variation: ColorVariation, _ normalization: ChannelNormalization) {
    let area = width * height
    let (mean, deviation) = (normalization.mean, normalization.deviation)
    let isInside = (0..<area).map { values[$0] != 0 || values[area + $0] != 0 || values[2 * area + $0] != 0 }
    let (contrast, saturation) = (Float(variation.contrast), Float(variation.saturation))
    var (sum, count) = (Float(0), Float(0))
    for pixel in 0..<area where isInside[pixel] {
      for channel in 0..<3 { sum += (values[channel * area + pixel] * deviation[channel] + mean[channel]) / 3 }
      count += 1
    }
    let centre = count > 0 ? sum / count : 0
    let shift = Float(variation.brightness * 255) + centre * (1 - contrast)
    for pixel in 0..<area where isInside[pixel] {
      var grey = Float(0)
      for channel in 0..<3 { grey += (values[channel * area + pixel] * deviation[channel] + mean[channel]) / 3 }
      for channel in 0..<3 {
        let old = values[channel * area + pixel] * deviation[channel] + mean[channel]
        let level = (grey + (old - grey) * saturation) * contrast + shift
        values[channel * area + pixel] = (min(max(level, 0), 255) - mean[channel]) / deviation[channel]
      }
    }
  }
}

/// Random numbers that depend on three integers alone, the same on every machine and with every compiler.
///
/// The generator is xoshiro256** (Blackman and Vigna, 2018). Its state is four outputs of SplitMix64, which starts from
/// m(m(m(seed) + epoch) + index), where m is the first output of a SplitMix64 generator in that state; sums wrap
/// around. Numbers are drawn by the methods below, because the algorithms behind `Double.random(in:using:)` and
/// `shuffled(using:)` are not part of their promise.
package struct RandomStream: RandomNumberGenerator, Sendable, Equatable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64, epoch: Int, index: Int) {
    var mixed = RandomStream.splitMix(seed).output
    mixed = RandomStream.splitMix(mixed &+ UInt64(bitPattern: Int64(epoch))).output
    mixed = RandomStream.splitMix(mixed &+ UInt64(bitPattern: Int64(index))).output
    let first = RandomStream.splitMix(mixed)
    let second = RandomStream.splitMix(first.state)
    let third = RandomStream.splitMix(second.state)
    let fourth = RandomStream.splitMix(third.state)
    state = (first.output, second.output, third.output, fourth.output)
  }

  package static func == (a: RandomStream, b: RandomStream) -> Bool { a.state == b.state }

  /// 64 random bits.
  package mutating func next() -> UInt64 {
    let result = RandomStream.rotated(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = RandomStream.rotated(state.3, 45)
    return result
  }

  /// A number from 0 up to, not including, 1, made of the upper 53 bits of one output.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number within `range`.
  package mutating func uniform(in range: ClosedRange<Double>) -> Double {
    min(range.lowerBound + (range.upperBound - range.lowerBound) * uniform(), range.upperBound)
  }

  /// True with probability `p`.
  package mutating func chance(_ p: Double) -> Bool { uniform() < p }

  /// A whole number from 0 up to, not including, `bound`, all equally likely (Lemire, 2019).
  package mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "there is no whole number from 0 up to 0")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let unfair = (0 &- bound) % bound
      while product.low < unfair { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// The numbers 0..<count in random order (Fisher and Yates, from the last position to the first).
  package mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, integer(below: last + 1)) }
    return order
  }

  private static func splitMix(_ state: UInt64) -> (state: UInt64, output: UInt64) {
    let next = state &+ 0x9E37_79B9_7F4A_7C15
    var z = next
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return (next, z ^ (z >> 31))
  }

  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { (value << count) | (value >> (64 - count)) }
}
