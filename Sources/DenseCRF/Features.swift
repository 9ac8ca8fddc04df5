import Images

/// Where the pixels of a photograph lie for a Gaussian kernel.
///
/// Position, and colour if the kernel sees it, each over its standard deviation.
struct Features {
  let image: Image
  /// In pixels.
  let positionDeviation: Float
  /// In grey levels; nil for a kernel that sees positions alone.
  let colorDeviation: Float?

  var dimensions: Int { colorDeviation == nil ? 2 : 5 }

  /// A narrower kernel would not reach from one pixel, or grey level, to the next.
  static let smallestDeviation: Float = 0.1
  /// Beyond this, in standard deviations, the lattice's float32 coordinates would lose their fractions and no longer
  /// fit into a `LatticePoint`; what is further away counts as there.
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

  /// Takes care of NaN too.
  private static func bounded(_ deviation: Double) -> Float {
    Float(deviation) > smallestDeviation ? Float(deviation) : smallestDeviation
  }
}
