extension LabelMap {
  /// The labels scaled by `factor` on both axes, each the one at `floor(i / factor)`, as OpenCV's INTER_NEAREST does.
  ///
  /// Each side is `side * factor` rounded half to even, as in `Image.resizedCubic(by:)`.
  public func resizedNearest(by factor: Double) -> LabelMap {
    let columns = Scaling(source: width, factor: factor).nearest
    let rows = Scaling(source: height, factor: factor).nearest
    let count = columns.count * rows.count
    let resized = [UInt8](unsafeUninitializedCapacity: count) { resized, initialized in
      labels.withUnsafeBufferPointer { labels in
        columns.withUnsafeBufferPointer { columns in
          var i = 0
          for row in rows {
            let start = row * width
            for column in columns {
              resized[i] = labels[start + column]
              i += 1
            }
          }
        }
      }
      initialized = count
    }
    return LabelMap(width: columns.count, height: rows.count, labels: resized)
  }
}
