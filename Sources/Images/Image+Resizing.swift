extension Image {
  /// The photograph scaled by `factor` on both axes, bicubically, as OpenCV's INTER_CUBIC does on 8 bits.
  ///
  /// Each side is `side * factor` rounded half to even. Keys' cubic with a = -0.75, half-pixel centres, no
  /// antialiasing, border pixels repeated, coordinates from the factor itself.
  public func resizedCubic(by factor: Double) -> Image {
    let whole = Crop(wholeOf: width, height, factor: factor)
    let (newWidth, newHeight) = (whole.columns.count, whole.rows.count)
    let resized = [UInt8](unsafeUninitializedCapacity: 3 * whole.area) { resized, initialized in
      resample(whole) { y, channel, row in
        let start = 3 * y * newWidth + channel
        for x in 0..<newWidth { resized[start + 3 * x] = UInt8(row[x].roundedToByte) }
      }
      initialized = 3 * whole.area
    }
    return Image(width: newWidth, height: newHeight, pixels: resized)
  }

  /// Hands `store` the rows of what a crop keeps (index, channel, values around 0...255).
  @inline(__always)
  func resample(_ crop: Crop, store: (Int, Int, CubicResampler.Row) -> Void) {
    precondition(crop.fits(width, height), "a crop is for a picture of its size")
    pixels.withUnsafeBufferPointer { pixels in
      guard let pixels = pixels.baseAddress else { return }
      CubicResampler(crop).run(
        channels: 3,
        load: { y, columns, line in
          let first = crop.isMirrored ? width - 1 - columns.lowerBound : columns.lowerBound
          let step = crop.isMirrored ? -3 : 3
          var pixel = pixels + 3 * (y * width + first)
          for x in 0..<columns.count {
            line[x] = [Float(pixel[0]), Float(pixel[1]), Float(pixel[2]), 0]
            pixel += step
          }
        },
        store: store)
    }
  }
}

extension Float {
  /// The nearest whole number in 0...255, half to even: from 2^23 on the last bit of a float counts whole numbers.
  @inline(__always)
  var roundedToByte: Float { min(max(self, 0), 255) + 0x1p23 - 0x1p23 }
}
