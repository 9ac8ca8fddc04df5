extension Image {
  /// The photograph with scribbles drawn on it as thick strokes in the colours of their classes.
  ///
  /// Every labelled pixel becomes a disc of `radius` pixels; where discs overlap, the nearest label is seen. Background
  /// (0), which is black in the colour map, is drawn in white. Dark strokes have a light outline, light ones a dark one.
  /// `scribbles` has the size of the photograph and `Label.ignored` where nothing was drawn.
  public func drawing(scribbles: LabelMap, radius: Int = 2, colors: ColorMap = .voc) -> Image {
    precondition(scribbles.width == width && scribbles.height == height, "a scribble map covers its photograph")
    let inks = (0...255).map { $0 == 0 ? SIMD3<Float>(repeating: 255) : colors.vector(UInt8($0)) }
    // What covers each pixel: a label, with `outlined` added at the rim of the disc; discs grow from the rim inwards.
    let outlined = 256
    var cover = [Int](repeating: -1, count: width * height)
    let marks = scribbles.labels.indices.filter { scribbles.labels[$0] != Label.ignored }
    for offset in Image.disc(radius: radius) {
      for i in marks {
        let (x, y) = (i % width + offset.x, i / width + offset.y)
        guard x >= 0 && x < width && y >= 0 && y < height else { continue }
        cover[y * width + x] = Int(scribbles.labels[i]) + (offset.isRim ? outlined : 0)
      }
    }
    var result = self
    for (i, label) in cover.enumerated() where label >= 0 {
      let ink = inks[label % outlined]
      result.mix(i, with: label < outlined ? ink : Image.outline(of: ink), share: label < outlined ? 1 : 0.8)
    }
    return result
  }

  /// The places of a disc and of the one-pixel rim around it, the outermost first.
  private static func disc(radius: Int) -> [(x: Int, y: Int, isRim: Bool)] {
    let reach = max(radius, 0) + 1
    func square(ofRadius radius: Int) -> Int { radius * radius + radius / 2 }
    var places: [(x: Int, y: Int, square: Int)] = []
    for y in -reach...reach {
      for x in -reach...reach where x * x + y * y <= square(ofRadius: reach) { places.append((x, y, x * x + y * y)) }
    }
    let inside = square(ofRadius: reach - 1)
    return places.sorted { $0.square > $1.square }.map { (x: $0.x, y: $0.y, isRim: $0.square > inside) }
  }

  private static func outline(of ink: SIMD3<Float>) -> SIMD3<Float> {
    let brightness = (ink * [0.299, 0.587, 0.114]).sum()
    return SIMD3(repeating: brightness < 140 ? 255 : 20)
  }
}
