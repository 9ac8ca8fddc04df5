extension Image {
  /// A picture of a label map, each label in its colour.
  public init(labels map: LabelMap, colors: ColorMap = .voc) {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(map.labels.count * 3)
    for label in map.labels {
      let color = colors[label]
      pixels.append(color.red)
      pixels.append(color.green)
      pixels.append(color.blue)
    }
    self.init(width: map.width, height: map.height, pixels: pixels)
  }
}
