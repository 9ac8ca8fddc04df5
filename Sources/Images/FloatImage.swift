/// An image of 32-bit floating-point channels, one plane after the other: `[C, H, W]`, rows from the top.
public struct FloatImage: Sendable, Equatable {
  public let width: Int
  public let height: Int
  public let channels: Int
  /// `channels * height * width` values.
  public var values: [Float]

  public init(width: Int, height: Int, channels: Int, values: [Float]) {
    precondition(
      width > 0 && height > 0 && channels > 0 && values.count == width * height * channels,
      "a float image needs a value for every pixel of every channel")
    self.width = width
    self.height = height
    self.channels = channels
    self.values = values
  }

  /// The red, green and blue planes of a photograph, normalised.
  public init(_ image: Image, normalizedBy normalization: ChannelNormalization) {
    let count = image.width * image.height
    let tables = (0..<3).map(normalization.table)
    let values = [Float](unsafeUninitializedCapacity: count * 3) { planes, initialized in
      image.pixels.withUnsafeBufferPointer { pixels in
        for channel in 0..<3 {
          tables[channel].withUnsafeBufferPointer { table in
            for i in 0..<count { planes[channel * count + i] = table[Int(pixels[3 * i + channel])] }
          }
        }
      }
      initialized = count * 3
    }
    self.init(width: image.width, height: image.height, channels: 3, values: values)
  }
}
