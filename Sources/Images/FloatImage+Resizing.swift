extension FloatImage {
  /// The image scaled by `factor` on both axes, bicubically, as OpenCV's INTER_CUBIC does on float32.
  ///
  /// Each side is `side * factor` rounded half to even. Keys' cubic with a = -0.75, half-pixel centres, no
  /// antialiasing, border pixels repeated, coordinates from the factor itself.
  public func resizedCubic(by factor: Double) -> FloatImage {
    let resampler = CubicResampler(width: width, height: height, factor: factor)
    let (newWidth, newHeight) = resampler.target
    let (plane, newPlane) = (width * height, newWidth * newHeight)
    let resized = [Float](unsafeUninitializedCapacity: newPlane * channels) { resized, initialized in
      values.withUnsafeBufferPointer { values in
        for first in stride(from: 0, to: channels, by: 4) {
          let lanes = min(4, channels - first)
          resampler.run(
            load: { y, line in
              // Lanes without a channel repeat the last one.
              let row = (0..<4).map { (first + min($0, lanes - 1)) * plane + y * width }
              let (a, b, c, d) = (row[0], row[1], row[2], row[3])
              for x in 0..<width { line[x] = [values[a + x], values[b + x], values[c + x], values[d + x]] }
            },
            store: { y, value in
              let row = first * newPlane + y * newWidth
              for x in 0..<newWidth {
                let pixel = value(x)
                for lane in 0..<lanes { resized[row + lane * newPlane + x] = pixel[lane] }
              }
            })
        }
      }
      initialized = newPlane * channels
    }
    return FloatImage(width: newWidth, height: newHeight, channels: channels, values: resized)
  }
}
