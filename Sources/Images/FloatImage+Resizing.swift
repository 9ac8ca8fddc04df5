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
              // Lanes without a channel repeat the last one.
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
