extension Image {
  /// The photograph with scribbles drawn on it as thick strokes in the colours of their classes.
  ///
  /// Every labelled pixel becomes a disc of `radius` pixels; where discs overlap, the nearest label is seen. Dark strokes
  /// have a light outline, light ones a dark one. `scribbles` has the size of the photograph and `Label.ignored` where
  /// nothing was drawn.
  public func drawing(scribbles: LabelMap, radius: Int = 2, colors: ColorMap = .voc) -> Image {
    precondition(scribbles.width == width && scribbles.height == height, "a scribble map covers its photograph")
    let inks = (0...255).map { colors[UInt8($0)].vector }
    var result = self
    for (i, stroke) in scribbles.strokes(radius: radius).enumerated() {
      guard let stroke else { continue }
      let ink = inks[Int(stroke.label)]
      result.mix(i, with: stroke.isOutline ? Color.outline(of: ink) : ink, share: stroke.isOutline ? 0.8 : 1)
    }
    return result
  }
}
