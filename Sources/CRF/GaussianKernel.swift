import Concurrency
import Images

/// For each pixel the sum of all pixels' values, weighted by a Gaussian of the distance of their features.
///
/// With K the Gaussian of the features and N = diag(K 1)^(-1/2), the sum is weight N K N: symmetric normalisation.
struct GaussianKernel {
  /// A value that is summed: a scalar or a vector.
  protocol Value {
    static var zero: Self { get }
    static func + (a: Self, b: Self) -> Self
    static func * (a: Self, factor: Float) -> Self
  }

  /// Sums by pixel, interpolated between the vertices around it.
  struct Sums<V: Value> {
    fileprivate let links: UnsafeBufferPointer<PermutohedralLattice.Link>
    fileprivate let axisCount: Int
    fileprivate let vertices: UnsafeBufferPointer<V>

    subscript(pixel: Int) -> V {
      var sum = V.zero
      for i in pixel * axisCount..<(pixel + 1) * axisCount {
        sum = sum + vertices[Int(links[i].index)] * links[i].weight
      }
      return sum
    }
  }

  private var lattice: PermutohedralLattice
  private let team: ThreadTeam

  init(_ features: Features, weight: Double, _ team: ThreadTeam) {
    lattice = PermutohedralLattice(features, team)
    self.team = team
    normalize(Float(weight))
  }

  /// The values of the lattice's vertices, followed by a zero, after splatting `input`, one value per pixel, and
  /// blurring; `isTransposed` blurs along the axes in reverse order, which differs where neighbours are missing.
  func blurred<V: Value>(_ input: UnsafePointer<V>, isTransposed: Bool = false) -> [V] {
    var values = [V](repeating: .zero, count: lattice.vertexCount + 1)
    var result = values
    splat(input, into: &values)
    for step in 0..<lattice.axisCount {
      blur(values, isTransposed ? lattice.axisCount - 1 - step : step, into: &result)
      swap(&values, &result)
    }
    return values
  }

  /// Calls `body` with the sums of all pixels, given what `blurred` returned.
  func withSums<V: Value>(_ blurred: [V], _ body: (Sums<V>) -> Void) {
    lattice.vertices.withUnsafeBufferPointer { links in
      blurred.withUnsafeBufferPointer { body(Sums(links: links, axisCount: lattice.axisCount, vertices: $0)) }
    }
  }

  /// Multiplies the weights of all links by N of their pixels, and those of one direction by `weight` too.
  private mutating func normalize(_ weight: Float) {
    let (pixelCount, axisCount, team) = (lattice.pixelCount, lattice.axisCount, team)
    let ones = [Float](repeating: 1, count: pixelCount)
    let sums = blurred(ones)
    let scale = [Float](unsafeUninitializedCapacity: pixelCount) { scale, initialized in
      lattice.vertices.withUnsafeMutableBufferPointer { links in
        sums.withUnsafeBufferPointer { sums in
          team(pixelCount) { range in
            for pixel in range {
              let own = pixel * axisCount..<(pixel + 1) * axisCount
              var sum: Float = 0
              for i in own { sum += sums[Int(links[i].index)] * links[i].weight }
              // A tiny number keeps pixels without any weight finite.
              scale[pixel] = 1 / (sum + 1e-20).squareRoot()
              for i in own { links[i].weight *= scale[pixel] * weight }
            }
          }
        }
      }
      initialized = pixelCount
    }
    lattice.pixels.withUnsafeMutableBufferPointer { links in
      team(links.count) { range in
        for i in range { links[i].weight *= scale[Int(links[i].index)] }
      }
    }
  }

  private func splat<V: Value>(_ input: UnsafePointer<V>, into values: inout [V]) {
    lattice.pixels.withUnsafeBufferPointer { links in
      lattice.starts.withUnsafeBufferPointer { starts in
        values.withUnsafeMutableBufferPointer { values in
          team(lattice.vertexCount) { range in
            for vertex in range {
              var sum = V.zero
              for i in starts[vertex]..<starts[vertex + 1] { sum = sum + input[Int(links[i].index)] * links[i].weight }
              values[vertex] = sum
            }
          }
        }
      }
    }
  }

  /// Adds half of each neighbour along an axis.
  private func blur<V: Value>(_ values: [V], _ axis: Int, into result: inout [V]) {
    let count = lattice.vertexCount
    values.withUnsafeBufferPointer { values in
      lattice.neighbors.withUnsafeBufferPointer { neighbors in
        result.withUnsafeMutableBufferPointer { result in
          team(count) { range in
            for vertex in range {
              let pair = neighbors[axis * count + vertex]
              result[vertex] = values[vertex] + (values[Int(pair.before)] + values[Int(pair.after)]) * 0.5
            }
          }
        }
      }
    }
  }
}

extension Float: GaussianKernel.Value {}
extension SIMD8<Float>: GaussianKernel.Value {}

/// The features of a photograph's pixels for a Gaussian kernel.
///
/// Position, and colour if the kernel depends on it, each over its standard deviation.
struct Features {
  let image: Image
  /// In pixels.
  let positionDeviation: Float
  /// In grey levels; nil for a kernel of positions alone.
  let colorDeviation: Float?

  var dimensions: Int { colorDeviation == nil ? 2 : 5 }

  /// A narrower kernel would not reach from one pixel, or grey level, to the next.
  static let smallestDeviation: Float = 0.1
  /// Larger features, in standard deviations, are clamped to this: the lattice's float32 coordinates would lose their
  /// fractions and no longer fit into a `LatticePoint`.
  static let largest: Float = 0x1p17

  init(_ image: Image, positionDeviation: Double, colorDeviation: Double? = nil) {
    self.image = image
    self.positionDeviation = Features.bounded(positionDeviation)
    self.colorDeviation = colorDeviation.map(Features.bounded)
  }

  /// Writes feature i of pixel `pixels[j]` to `values[i * stride + j]`.
  func write(_ pixels: Range<Int>, to values: UnsafeMutablePointer<Float>, stride: Int) {
    var (y, x) = pixels.lowerBound.quotientAndRemainder(dividingBy: image.width)
    for j in 0..<pixels.count {
      values[j] = min(Float(x) / positionDeviation, Features.largest)
      values[stride + j] = min(Float(y) / positionDeviation, Features.largest)
      x += 1
      if x == image.width { (x, y) = (0, y + 1) }
    }
    guard let colorDeviation else { return }
    image.pixels.withUnsafeBufferPointer { bytes in
      for j in 0..<pixels.count {
        for channel in 0..<3 {
          values[(2 + channel) * stride + j] = Float(bytes[3 * (pixels.lowerBound + j) + channel]) / colorDeviation
        }
      }
    }
  }

  /// At least `smallestDeviation`, also for NaN.
  private static func bounded(_ deviation: Double) -> Float {
    Float(deviation) > smallestDeviation ? Float(deviation) : smallestDeviation
  }
}

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
