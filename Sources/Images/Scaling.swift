/// How one axis is scaled: as OpenCV's `resize` does when it is given a factor.
///
/// The length is `side * factor` rounded half to even, at least 1. Coordinates come from the factor itself, not from
/// the ratio of the rounded lengths.
struct Scaling: Sendable, Equatable {
  let source: Int
  let factor: Double

  init(source: Int, factor: Double) {
    precondition(factor > 0 && factor.isFinite, "a scale factor is positive")
    self.source = source
    self.factor = factor
  }

  var length: Int { Swift.max(1, Int((Double(source) * factor).rounded(.toNearestOrEven))) }

  /// The nearest source index of each of these target indices, as INTER_NEAREST takes it: `floor(i / factor)`.
  func nearest(_ targets: Range<Int>) -> [Int] {
    let step = 1 / factor
    return targets.map { min(Int(Double($0) * step), source - 1) }
  }

  /// The source index just before a target pixel's centre, and the four weights of the cubic through the source pixels
  /// from one before it to two after it.
  struct CubicTap {
    /// In `-1 ... source - 1`.
    let first: Int
    let weights: SIMD4<Float>
  }

  /// The taps of these target indices.
  ///
  /// Half-pixel centres, no antialiasing; Keys' cubic with a = -0.75 (R. Keys, "Cubic Convolution Interpolation for
  /// Digital Image Processing", 1981). Positions and weights are float32, as OpenCV has them.
  func cubicTaps(_ targets: Range<Int>) -> [CubicTap] {
    let step = 1 / factor
    return targets.map { i in
      let position = Float((Double(i) + 0.5) * step - 0.5)
      let before = position.rounded(.down)
      return CubicTap(
        first: min(max(Int(before), -1), source - 1), weights: Scaling.cubicWeights(position - before))
    }
  }

  private static func cubicWeights(_ t: Float) -> SIMD4<Float> {
    let a: Float = -0.75
    func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    let (first, second, third) = (far(t + 1), near(t), near(1 - t))
    return [first, second, third, 1 - first - second - third]
  }
}
