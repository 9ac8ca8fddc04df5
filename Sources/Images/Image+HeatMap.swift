extension Image {
  /// A picture of values of 0...1, rows from the top: from nearly black (0) over violet, red and orange to pale
  /// yellow (1), in steps that look equal.
  ///
  /// Smaller values are shown as 0, larger ones as 1, and what is no number is grey.
  public init(heat: [Float], width: Int, height: Int) {
    precondition(heat.count == width * height, "a heat map needs one value a pixel")
    var pixels: [UInt8] = []
    pixels.reserveCapacity(heat.count * 3)
    let colors = HeatRamp.colors
    for value in heat {
      let color =
        value.isNaN ? HeatRamp.undefined : colors[Int((min(max(value, 0), 1) * 255).rounded(.toNearestOrAwayFromZero))]
      pixels.append(color.x)
      pixels.append(color.y)
      pixels.append(color.z)
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}
