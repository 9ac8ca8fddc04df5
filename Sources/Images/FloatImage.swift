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

extension FloatImage {
  /// The red, green and blue planes of a crop of the photograph, `[3, side, side]`, normalised; 0 where it is padded.
  ///
  /// The photograph is scaled as by `Image.resizedCubic(by:)`, rounding to bytes included.
  public init(_ image: Image, croppedTo crop: Crop, normalizedBy normalization: ChannelNormalization) {
    let (rows, columns) = (crop.rows, crop.columns)
    let count = 3 * crop.area
    let values = [Float](unsafeUninitializedCapacity: count) { planes, initialized in
      guard let planes = planes.baseAddress else { return }
      if crop.isPadded { planes.initialize(repeating: 0, count: count) }
      image.resample(crop) { y, channel, row in
        let target = planes + (channel * crop.area + (rows.target + y) * columns.side + columns.target)
        let (mean, deviation) = (normalization.mean[channel], normalization.deviation[channel])
        for x in 0..<columns.count { target[x] = (row[x].roundedToByte - mean) / deviation }
      }
      initialized = count
    }
    self.init(width: columns.side, height: rows.side, channels: 3, values: values)
  }
}

extension FloatImage {
  /// The image scaled by `factor` on both axes, bicubically, as OpenCV's INTER_CUBIC does on float32.
  ///
  /// Each side is `side * factor` rounded half to even. Keys' cubic with a = -0.75, half-pixel centres, no
  /// antialiasing, border pixels repeated, coordinates from the factor itself.
  public func resizedCubic(by factor: Double) -> FloatImage {
    let whole = Crop(wholeOf: width, height, factor: factor)
    let resampler = CubicResampler(whole)
    let (newWidth, newHeight) = (whole.columns.count, whole.rows.count)
    let plane = width * height
    let resized = [Float](unsafeUninitializedCapacity: whole.area * channels) { resized, initialized in
      guard let resized = resized.baseAddress else { return }
      values.withUnsafeBufferPointer { values in
        for first in stride(from: 0, to: channels, by: CubicResampler.mostChannels) {
          let lanes = min(CubicResampler.mostChannels, channels - first)
          resampler.run(
            channels: lanes,
            load: { y, columns, line in
              // Unused lanes repeat the last channel.
              let row = (0..<3).map { (first + min($0, lanes - 1)) * plane + y * width + columns.lowerBound }
              let (a, b, c) = (row[0], row[1], row[2])
              for x in 0..<columns.count { line[x] = [values[a + x], values[b + x], values[c + x], 0] }
            },
            store: { y, channel, row in
              let target = resized + ((first + channel) * whole.area + y * newWidth)
              for x in 0..<newWidth { target[x] = row[x] }
            })
        }
      }
      initialized = whole.area * channels
    }
    return FloatImage(width: newWidth, height: newHeight, channels: channels, values: resized)
  }
}

/// Per-channel normalisation of a photograph: (byte - mean) / deviation.
public struct ChannelNormalization: Sendable, Equatable {
  /// Mean of red, green and blue on the scale 0...255.
  public let mean: [Float]
  /// Standard deviation of red, green and blue on the scale 0...255.
  public let deviation: [Float]

  public init(mean: [Float], deviation: [Float]) {
    precondition(mean.count == 3 && deviation.count == 3, "a photograph has three channels")
    precondition(deviation.allSatisfy { $0 > 0 }, "a standard deviation must be above 0")
    self.mean = mean
    self.deviation = deviation
  }

  /// ImageNet's mean and standard deviation, as the ResNet weights expect.
  public static let imageNet = ChannelNormalization(
    mean: [0.485 * 255, 0.456 * 255, 0.406 * 255], deviation: [0.229 * 255, 0.224 * 255, 0.225 * 255])

  /// The normalised value of each of the 256 bytes of a channel (0 red, 1 green, 2 blue).
  public func table(channel: Int) -> [Float] {
    (0...UInt8.max).map { (Float($0) - mean[channel]) / deviation[channel] }
  }
}
