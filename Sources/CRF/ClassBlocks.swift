import Concurrency

/// A number for every pixel and class, in blocks of eight classes.
///
/// The first eight classes of all pixels are stored first, then the next eight and so on; unused classes are zero.
struct ClassBlocks {
  typealias Block = SIMD8<Float>

  let classCount: Int
  let pixelCount: Int
  let blockCount: Int
  private(set) var blocks: [Block]

  /// Number of pixels rearranged at a time, which fit the first-level cache.
  private static let tile = 128

  /// The numbers of `planes`, float32 `[C, pixels]`, each passed through `change`.
  init(_ planes: [Float], classCount: Int, _ team: ThreadTeam, _ change: (Float) -> Float) {
    let (size, pixelCount) = (Block.scalarCount, planes.count / classCount)
    let blockCount = (classCount + size - 1) / size
    blocks = [Block](unsafeUninitializedCapacity: blockCount * pixelCount) { blocks, initialized in
      initialized = blocks.count
      blocks.withMemoryRebound(to: Float.self) { numbers in
        planes.withUnsafeBufferPointer { planes in
          ClassBlocks.forEachTile(pixelCount, team) { pixels in
            for c in 0..<blockCount * size {
              let first = c / size * pixelCount * size + c % size
              for pixel in pixels {
                numbers[first + pixel * size] = c < classCount ? change(planes[c * pixelCount + pixel]) : 0
              }
            }
          }
        }
      }
    }
    self.classCount = classCount
    self.pixelCount = pixelCount
    self.blockCount = blockCount
  }

  /// The numbers as float32 `[C, pixels]`.
  func planes(_ team: ThreadTeam) -> [Float] {
    [Float](unsafeUninitializedCapacity: classCount * pixelCount) { planes, initialized in
      initialized = planes.count
      blocks.withUnsafeBytes { bytes in
        let numbers = bytes.assumingMemoryBound(to: Float.self)
        let size = Block.scalarCount
        ClassBlocks.forEachTile(pixelCount, team) { pixels in
          for c in 0..<classCount {
            let first = c / size * pixelCount * size + c % size
            for pixel in pixels { planes[c * pixelCount + pixel] = numbers[first + pixel * size] }
          }
        }
      }
    }
  }

  mutating func withUnsafeMutableBlocks(_ body: (UnsafeMutablePointer<Block>) -> Void) {
    blocks.withUnsafeMutableBufferPointer { if let first = $0.baseAddress { body(first) } }
  }

  private static func forEachTile(_ pixelCount: Int, _ team: ThreadTeam, _ body: (Range<Int>) -> Void) {
    team(pixelCount) { range in
      for first in stride(from: range.lowerBound, to: range.upperBound, by: tile) {
        body(first..<min(first + tile, range.upperBound))
      }
    }
  }
}
