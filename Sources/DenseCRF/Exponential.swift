/// e to the power of each of eight numbers that are not above zero, to 2e-7 of the result; below -87 it is e^-87.
///
/// e^x = 2^n e^r with n = round(x / ln 2) and |r| <= ln(2) / 2, where six terms of the Taylor series and one more do.
@inline(__always)
func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
  // Adding 1.5 x 2^23 rounds, and leaves n in the lowest bits.
  let magic = SIMD8<Float>(repeating: 0x1.8p23)
  let x = x.replacing(with: -87, where: x .< -87)
  let shifted = x * 1.442_695_04 + magic
  let n = shifted - magic
  // ln 2 in two parts, of which the first has so few digits that n times it is exact.
  let r = (x - n * 0.693_359_375) + n * 2.121_944_4e-4
  var series = r * (1.0 / 5040) + (1.0 / 720)
  series = series * r + (1.0 / 120)
  series = series * r + (1.0 / 24)
  series = series * r + (1.0 / 6)
  series = series * r + 0.5
  series = series * r + 1
  series = series * r + 1
  let exponent = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< 23
  return unsafeBitCast(unsafeBitCast(series, to: SIMD8<UInt32>.self) &+ exponent, to: SIMD8<Float>.self)
}
