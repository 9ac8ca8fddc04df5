import Concurrency

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
