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
