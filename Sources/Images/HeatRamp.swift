/// Colours for values of 0...1, from nearly black over violet, red and orange to pale yellow.
///
/// Their CIE lightness rises evenly from 5 to 96, so that equal steps in value look equally large, also in grey print.
enum HeatRamp {
  /// Colours at equal distances, found by walking through CIELAB at constant steps of lightness.
  private static let anchors: [SIMD3<Float>] = [
    [17, 12, 42], [56, 25, 85], [112, 21, 121], [179, 0, 113], [229, 39, 92], [252, 101, 69], [255, 157, 61],
    [251, 205, 106], [251, 247, 172],
  ]

  /// The colours of 0, 1/255 ... 1.
  static let colors: [SIMD3<UInt8>] = (0..<256).map { i in
    let place = Float(i) / 255 * Float(anchors.count - 1)
    let before = min(Int(place), anchors.count - 2)
    let color = anchors[before] + (anchors[before + 1] - anchors[before]) * (place - Float(before))
    return SIMD3<UInt8>(color.rounded(.toNearestOrAwayFromZero))
  }

  /// The colour of a value that is no number.
  static let undefined: SIMD3<UInt8> = [128, 128, 128]
}
