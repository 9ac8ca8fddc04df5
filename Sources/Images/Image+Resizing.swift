extension Image {
  /// The photograph scaled by `factor` on both axes, bicubically, as OpenCV's INTER_CUBIC does on 8 bits.
  ///
  /// Each side is `side * factor` rounded half to even. Keys' cubic with a = -0.75, half-pixel centres, no
  /// antialiasing, border pixels repeated, coordinates from the factor itself.
  public func resizedCubic(by factor: Double) -> Image {
    let resampler = CubicResampler(width: width, height: height, factor: factor)
    let (newWidth, newHeight) = resampler.target
    let count = newWidth * newHeight * 3
    let resized = [UInt8](unsafeUninitializedCapacity: count) { resized, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        resampler.run(
          load: { y, line in
            var i = y * width * 3
            for x in 0..<width {
              line[x] = [Float(pixels[i]), Float(pixels[i + 1]), Float(pixels[i + 2]), 0]
              i += 3
            }
          },
          store: { y, value in
            var i = y * newWidth * 3
            for x in 0..<newWidth {
              let byte = rounded(value(x))
              resized[i] = byte.x
              resized[i + 1] = byte.y
              resized[i + 2] = byte.z
              i += 3
            }
          })
      }
      initialized = count
    }
    return Image(width: newWidth, height: newHeight, pixels: resized)
  }
}

/// The nearest byte, half to even: at 2^23 the last bit of a float counts whole numbers.
@inline(__always)
private func rounded(_ value: SIMD4<Float>) -> SIMD4<UInt8> {
  let limited = pointwiseMin(pointwiseMax(value, .zero), SIMD4(repeating: 255))
  let shifted = limited + SIMD4(repeating: 8_388_608)
  return SIMD4<UInt8>(truncatingIfNeeded: unsafeBitCast(shifted, to: SIMD4<UInt32>.self))
}
