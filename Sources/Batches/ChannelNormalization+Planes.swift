import Images
import Tensors

extension ChannelNormalization {
  /// The photograph as `[3, H, W]` in row-major order.
  public func planes(of image: Image) -> [Float] {
    FloatImage(image, normalizedBy: self).values
  }

  /// The photograph as a float32 tensor `[1, 3, H, W]`.
  public func tensor(from image: Image) throws(TorchError) -> Tensor {
    try Tensor(planes(of: image), [1, 3, image.height, image.width])
  }

  /// The photographs that a tensor `[N, 3, H, W]` was made from, to the nearest byte; padding is grey.
  public func images(of tensor: Tensor) throws(TorchError) -> [Image] {
    let (count, height, width) = (tensor.shape[0], tensor.shape[2], tensor.shape[3])
    let planes = try tensor.floats()
    let area = height * width
    return (0..<count).map { index in
      var pixels = [UInt8](repeating: 0, count: 3 * area)
      for channel in 0..<3 {
        let start = (index * 3 + channel) * area
        for place in 0..<area {
          let byte = (planes[start + place] * deviation[channel] + mean[channel]).rounded()
          pixels[place * 3 + channel] = UInt8(min(max(byte, 0), 255))
        }
      }
      return Image(width: width, height: height, pixels: pixels)
    }
  }
}
