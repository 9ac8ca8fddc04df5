extension FloatImage {
  /// The red, green and blue planes of a crop of the photograph, `[3, side, side]`, normalised; 0 where it is padded.
  ///
  /// The photograph is scaled as `Image.resizedCubic(by:)` does it, rounded to bytes as there.
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
