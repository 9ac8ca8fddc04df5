import Concurrency
import Images

/// A fully connected conditional random field, which moves the borders of a segmentation to those of the photograph.
///
/// Krähenbühl, Koltun, "Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials" (NIPS 2011): mean
/// field with Potts compatibility, a smoothness kernel of positions and an appearance kernel of positions and colours,
/// both normalised symmetrically. The result does not depend on the number of threads.
public struct DenseCRF: Sendable {
  /// Lower bound of the probabilities, so that no class is excluded beforehand.
  static let smallestProbability: Float = 1e-5

  package let settings: Settings

  package init(_ settings: Settings = Settings()) { self.settings = settings }

  /// Refines `probability`, float32 `[C, H, W]` in row-major order, each pixel's classes summing to 1, by the
  /// photograph; returns the same layout.
  ///
  /// The photograph is W x H. Probabilities are clipped to 1e-5...1 first. At most `threads` threads are used. Memory
  /// grows with the number of pixels, by about 150 bytes per pixel and 64 more for every eight classes, and with the
  /// number of different colours.
  package func refined(_ probability: [Float], classCount: Int, image: Image, threads: Int) -> [Float] {
    precondition(classCount > 0 && threads > 0, "a CRF needs a class and a thread")
    precondition(
      probability.count == classCount * image.width * image.height,
      "a CRF needs a probability for every pixel and class")
    let team = ThreadTeam(size: threads)
    var field = MeanField(probability, classCount: classCount, team)
    guard settings.steps > 0 else { return field.probability }
    let smoothness = GaussianKernel(
      Features(image, positionDeviation: settings.gaussianStandardDeviation),
      weight: settings.gaussianWeight, team)
    let appearance = GaussianKernel(
      Features(
        image, positionDeviation: settings.bilateralStandardDeviation,
        colorDeviation: settings.bilateralColorDeviation),
      weight: settings.bilateralWeight, team)
    for _ in 0..<settings.steps { field.step(smoothness, appearance) }
    return field.probability
  }
}

extension DenseCRF {
  /// The weights and standard deviations of a dense CRF; the defaults are those of the published evaluation.
  ///
  /// Weights must be finite. Deviations below 0.1, which reach no other pixel or grey level, count as 0.1.
  public struct Settings: Sendable, Equatable {
    /// Standard deviation of the smoothness kernel in pixels.
    public var gaussianStandardDeviation = 3.0
    /// Weight of the smoothness kernel, which depends on positions alone.
    public var gaussianWeight = 3.0
    /// Standard deviation of the appearance kernel's positions in pixels.
    public var bilateralStandardDeviation = 32.0
    /// Standard deviation of the appearance kernel's red, green and blue in grey levels of 0...255.
    public var bilateralColorDeviation = 13.0
    /// Weight of the appearance kernel, which depends on positions and colours.
    public var bilateralWeight = 10.0
    /// Number of mean-field steps; 0 leaves the probabilities as they are but for the clipping.
    public var steps = 1

    public init() {}
  }
}

/// Sums over all pixels of a photograph, weighted by a Gaussian of their distance in position and colour.
///
/// With K the Gaussian of positions and colours as approximated by the permutohedral lattice (Adams, Baek and Davis,
/// Eurographics 2010) and N = diag(K 1)^(-1/2), the weights are W = (N K N + (N K N)^T) / 2: symmetric also where the
/// lattice is not, at its border. Sums of a row are near 1. The result does not depend on the number of threads.
package struct AppearanceFilter {
  private let kernel: GaussianKernel
  private let team: ThreadTeam

  /// `positionDeviation` is in pixels, `colorDeviation` in grey levels; below 0.1 they count as 0.1.
  package init(_ image: Image, positionDeviation: Double, colorDeviation: Double, threads: Int) {
    precondition(threads > 0, "a filter needs a thread")
    team = ThreadTeam(size: threads)
    kernel = GaussianKernel(
      Features(image, positionDeviation: positionDeviation, colorDeviation: colorDeviation), weight: 1, team)
  }

  /// W x of each plane: float32 `[planeCount, H, W]` in row-major order, H x W being the photograph's size.
  package func callAsFunction(_ planes: [Float], planeCount: Int) -> [Float] {
    precondition(planeCount > 0 && planes.count % planeCount == 0, "all planes have the photograph's size")
    var values = ClassBlocks(planes, classCount: planeCount, team) { $0 }
    let (pixelCount, blockCount, team) = (values.pixelCount, values.blockCount, team)
    values.withUnsafeMutableBlocks { blocks in
      for first in stride(from: 0, to: blockCount * pixelCount, by: pixelCount) {
        let sums = kernel.blurred(blocks + first)
        let transposed = kernel.blurred(blocks + first, isTransposed: true)
        kernel.withSums(sums) { sums in
          kernel.withSums(transposed) { transposed in
            team(pixelCount) { range in
              for pixel in range { blocks[first + pixel] = (sums[pixel] + transposed[pixel]) * 0.5 }
            }
          }
        }
      }
    }
    return values.planes(team)
  }
}

/// The state of a mean-field iteration: a probability for every pixel and class.
struct MeanField {
  private typealias Block = ClassBlocks.Block

  private let team: ThreadTeam
  /// The unary potential of each pixel.
  private let unary: ClassBlocks
  /// The current probabilities; within a step, messages.
  private var state: ClassBlocks

  /// Starts from `probability`, float32 `[C, pixels]`.
  init(_ probability: [Float], classCount: Int, _ team: ThreadTeam) {
    self.team = team
    unary = ClassBlocks(probability, classCount: classCount, team) {
      // NaN counts as the smallest, too.
      $0 > DenseCRF.smallestProbability ? min($0, 1) : DenseCRF.smallestProbability
    }
    state = unary
    normalize()
  }

  /// The probabilities, float32 `[C, pixels]`.
  var probability: [Float] { state.planes(team) }

  /// One step: every pixel sends its probabilities to all others through both kernels, and is updated.
  mutating func step(_ smoothness: GaussianKernel, _ appearance: GaussianKernel) {
    let (pixelCount, blockCount, team) = (state.pixelCount, state.blockCount, team)
    state.withUnsafeMutableBlocks { blocks in
      for first in stride(from: 0, to: blockCount * pixelCount, by: pixelCount) {
        let (a, b) = (smoothness.blurred(blocks + first), appearance.blurred(blocks + first))
        smoothness.withSums(a) { a in
          appearance.withSums(b) { b in
            team(pixelCount) { range in
              // These eight probabilities are no longer needed: the messages overwrite them.
              for pixel in range { blocks[first + pixel] = a[pixel] + b[pixel] }
            }
          }
        }
      }
    }
    receiveMessages()
  }

  /// Turns messages into probabilities: the softmax of log p + message, which is p e^message / sum.
  private mutating func receiveMessages() {
    let (pixelCount, blockCount) = (state.pixelCount, state.blockCount)
    unary.blocks.withUnsafeBufferPointer { unary in
      state.withUnsafeMutableBlocks { blocks in
        team(pixelCount) { range in
          for pixel in range {
            var largest = blocks[pixel]
            for block in 1..<blockCount {
              let message = blocks[block * pixelCount + pixel]
              largest.replace(with: message, where: message .> largest)
            }
            let limit = largest.max()
            var sum = Block.zero
            for block in 0..<blockCount {
              let i = block * pixelCount + pixel
              blocks[i] = unary[i] * exponential(blocks[i] - limit)
              sum += blocks[i]
            }
            let scale = 1 / sum.sum()
            for block in 0..<blockCount { blocks[block * pixelCount + pixel] *= scale }
          }
        }
      }
    }
  }

  /// Divides each pixel's numbers by their sum.
  private mutating func normalize() {
    let (pixelCount, blockCount) = (state.pixelCount, state.blockCount)
    state.withUnsafeMutableBlocks { blocks in
      team(pixelCount) { range in
        for pixel in range {
          var sum = Block.zero
          for block in 0..<blockCount { sum += blocks[block * pixelCount + pixel] }
          let scale = 1 / sum.sum()
          for block in 0..<blockCount { blocks[block * pixelCount + pixel] *= scale }
        }
      }
    }
  }
}

/// e^x for each of eight numbers x <= 0, with a relative error of 2e-7; below -87 it is e^-87.
///
/// e^x = 2^n e^r with n = round(x / ln 2) and |r| <= ln(2) / 2, where the Taylor series up to r^7 is exact enough.
@inline(__always)
func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
  // Adding 1.5 x 2^23 rounds, and leaves n in the lowest bits.
  let magic = SIMD8<Float>(repeating: 0x1.8p23)
  let x = x.replacing(with: -87, where: x .< -87)
  let shifted = x * 1.442_695_04 + magic
  let n = shifted - magic
  // ln 2 in two parts, of which the first has so few digits that n times it is exact.
  let r = (x - n * 0.693_359_375) + n * 2.121_944_4e-4
  var series = r * (1.0 / 5040) + (1.0 / 720)
  series = series * r + (1.0 / 120)
  series = series * r + (1.0 / 24)
  series = series * r + (1.0 / 6)
  series = series * r + 0.5
  series = series * r + 1
  series = series * r + 1
  let exponent = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< 23
  return unsafeBitCast(unsafeBitCast(series, to: SIMD8<UInt32>.self) &+ exponent, to: SIMD8<Float>.self)
}
