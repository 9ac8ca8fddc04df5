import Images
import Tensors

/// How bytes of a photograph become the numbers that a network was trained on: (byte - mean) / deviation.
public struct ChannelNormalization: Sendable, Equatable {
  /// Mean of red, green and blue on the scale 0...255.
  public let mean: [Float]
  /// Standard deviation of red, green and blue on the scale 0...255.
  public let deviation: [Float]
  /// The result for each byte, 256 numbers for each of the three channels.
  private let table: [Float]

  public init(mean: [Float], deviation: [Float]) {
    precondition(mean.count == 3 && deviation.count == 3, "a photograph has three channels")
    precondition(deviation.allSatisfy { $0 > 0 }, "a standard deviation is above 0")
    self.mean = mean
    self.deviation = deviation
    table = (0..<3).flatMap { c in (0...UInt8.max).map { (Float($0) - mean[c]) / deviation[c] } }
  }

  /// That of the ResNet weights: ImageNet's mean and standard deviation.
  public static let imageNet = ChannelNormalization(
    mean: [0.485 * 255, 0.456 * 255, 0.406 * 255], deviation: [0.229 * 255, 0.224 * 255, 0.225 * 255])

  /// That of the EfficientNet-Lite weights: (byte - 127) / 128.
  public static let centered127 = ChannelNormalization(mean: [127, 127, 127], deviation: [128, 128, 128])

  /// The photograph as `[3, H, W]` in row-major order.
  public func planes(of image: Image) -> [Float] {
    let whole = Crop(image.width, image.height)
    return planes(of: image, whole)
  }

  /// The photograph as a float32 tensor `[1, 3, H, W]`.
  public func tensor(from image: Image) throws(TorchError) -> Tensor {
    try Tensor(planes(of: image), [1, 3, image.height, image.width])
  }

  /// A part of the photograph as `[3, crop.side.height, crop.side.width]`; 0 outside the photograph.
  func planes(of image: Image, _ crop: Crop) -> [Float] {
    let (columns, rows) = (crop.columns, crop.rows)
    let area = columns.side * rows.side
    var planes = [Float](repeating: 0, count: 3 * area)
    planes.withUnsafeMutableBufferPointer { planes in
      image.pixels.withUnsafeBufferPointer { pixels in
        table.withUnsafeBufferPointer { table in
          for row in 0..<rows.count {
            var source = ((rows.source + row) * image.width + columns.source) * 3
            var target = (rows.target + row) * columns.side + columns.target
            for _ in 0..<columns.count {
              planes[target] = table[Int(pixels[source])]
              planes[target + area] = table[256 + Int(pixels[source + 1])]
              planes[target + 2 * area] = table[512 + Int(pixels[source + 2])]
              source += 3
              target += 1
            }
          }
        }
      }
    }
    return planes
  }
}
