import Images

extension Image {
  /// The photograph with left and right exchanged.
  public func mirrored() -> Image {
    let mirrored = [UInt8](unsafeUninitializedCapacity: pixels.count) { mirrored, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        for y in 0..<height {
          var (to, from) = (y * width * 3, (y + 1) * width * 3 - 3)
          for _ in 0..<width {
            mirrored[to] = pixels[from]
            mirrored[to + 1] = pixels[from + 1]
            mirrored[to + 2] = pixels[from + 2]
            to += 3
            from -= 3
          }
        }
      }
      initialized = pixels.count
    }
    return Image(width: width, height: height, pixels: mirrored)
  }
}

extension LabelMap {
  /// The labels with left and right exchanged.
  public func mirrored() -> LabelMap {
    let mirrored = [UInt8](unsafeUninitializedCapacity: labels.count) { mirrored, initialized in
      labels.withUnsafeBufferPointer { labels in
        for y in 0..<height {
          let start = y * width
          for x in 0..<width { mirrored[start + x] = labels[start + width - 1 - x] }
        }
      }
      initialized = labels.count
    }
    return LabelMap(width: width, height: height, labels: mirrored)
  }
}
