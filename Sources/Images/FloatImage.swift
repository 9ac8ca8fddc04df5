/// An image of 32-bit floating-point channels, one plane after the other: `[C, H, W]`, rows from the top.
package struct FloatImage: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package let channels: Int
  /// `channels * height * width` values.
  package var values: [Float]

  package init(width: Int, height: Int, channels: Int, values: [Float]) {
    precondition(
      width > 0 && height > 0 && channels > 0 && values.count == width * height * channels,
      "a float image needs a value for every pixel of every channel")
    self.width = width
    self.height = height
    self.channels = channels
    self.values = values
  }

  /// The red, green and blue planes of a photograph, normalised.
  package init(_ image: Image, normalizedBy normalization: ChannelNormalization) {
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

/// A square cut from a picture after mirroring and scaling, padded where the picture is smaller.
///
/// It maps each of its pixels to the source, so that `FloatImage.init(_:croppedTo:normalizedBy:)` and
/// `LabelMap.cropped(to:unlabelled:)` compute these pixels only, without the whole mirrored or scaled picture.
package struct Crop: Sendable, Equatable {
  /// One axis: `count` pixels go from `source` in the scaled picture to `target` in a result of `side` pixels.
  struct Axis: Sendable, Equatable {
    let scaling: Scaling
    let source: Int
    let target: Int
    let count: Int
    let side: Int

    /// A part of a long axis, or a padded short one.
    init(_ scaling: Scaling, croppedTo side: Int, offset: (_ bound: Int) -> Int) {
      let length = scaling.length
      let bound = abs(length - side) + 1
      let offset = offset(bound)
      precondition(0..<bound ~= offset, "a crop lies inside the picture, or the picture inside the crop")
      self.scaling = scaling
      source = length > side ? offset : 0
      target = length > side ? 0 : offset
      count = min(length, side)
      self.side = side
    }

    /// The whole of an axis.
    init(_ scaling: Scaling) {
      self.scaling = scaling
      (source, target, count, side) = (0, 0, scaling.length, scaling.length)
    }

    /// The part of the scaled axis that is kept.
    var kept: Range<Int> { source..<source + count }
  }

  let isMirrored: Bool
  let rows: Axis
  let columns: Axis

  /// `side` x `side` pixels of a picture of `width` x `height`, mirrored left and right where `isMirrored`, and scaled
  /// by `factor` on both axes.
  ///
  /// A scaled axis has `length * factor` pixels, rounded half to even. `offset` is called once for the rows and then
  /// once for the columns, and returns an integer from 0 up to, not including, its argument: the number of pixels left
  /// out before the crop on an axis longer than `side`, or padded before a shorter one.
  package init(
    width: Int, height: Int, isMirrored: Bool, factor: Double, side: Int, offset: (_ bound: Int) -> Int
  ) {
    precondition(side > 0, "a crop has pixels")
    self.isMirrored = isMirrored
    rows = Axis(Scaling(source: height, factor: factor), croppedTo: side, offset: offset)
    columns = Axis(Scaling(source: width, factor: factor), croppedTo: side, offset: offset)
  }

  /// The whole of a picture, scaled.
  init(wholeOf width: Int, _ height: Int, factor: Double) {
    isMirrored = false
    rows = Axis(Scaling(source: height, factor: factor))
    columns = Axis(Scaling(source: width, factor: factor))
  }

  /// Number of pixels, padding included.
  var area: Int { rows.side * columns.side }

  /// Whether there are pixels outside the picture.
  var isPadded: Bool { rows.count < rows.side || columns.count < columns.side }

  /// Whether it was made for a picture of this size.
  func fits(_ width: Int, _ height: Int) -> Bool { columns.scaling.source == width && rows.scaling.source == height }
}
