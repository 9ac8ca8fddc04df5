extension LabelMap {
  /// What scribbles drawn as thick strokes cover: a label, and whether its outline or the stroke itself.
  struct Stroke: Equatable {
    let label: UInt8
    let isOutline: Bool
  }

  /// The stroke that covers each pixel, nil where none does.
  ///
  /// Every labelled pixel becomes a disc of `radius` pixels with a rim of one pixel; where discs overlap, the nearest label
  /// is seen.
  func strokes(radius: Int) -> [Stroke?] {
    var cover = [Stroke?](repeating: nil, count: labels.count)
    let marks = labels.indices.filter { labels[$0] != Label.ignored }
    // Discs grow from the rim inwards.
    for offset in LabelMap.disc(radius: radius) {
      for i in marks {
        let (x, y) = (i % width + offset.x, i / width + offset.y)
        guard x >= 0 && x < width && y >= 0 && y < height else { continue }
        cover[y * width + x] = Stroke(label: labels[i], isOutline: offset.isRim)
      }
    }
    return cover
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
}

extension Color {
  /// The outline of a stroke of a colour: light around dark ones, dark around light ones.
  static func outline(of ink: SIMD3<Float>) -> SIMD3<Float> {
    let brightness = (ink * [0.299, 0.587, 0.114]).sum()
    return SIMD3(repeating: brightness < 140 ? 255 : 20)
  }
}
