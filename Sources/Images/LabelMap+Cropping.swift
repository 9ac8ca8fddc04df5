extension LabelMap {
  /// The labels of a crop, scaled as `resizedNearest(by:)` does it.
  ///
  /// Where the map says `Label.ignored` stands `unlabelled`, and where the crop is padded `Label.ignored`.
  public func cropped(to crop: Crop, unlabelled: UInt8) -> LabelMap {
    precondition(crop.fits(width, height), "a crop is for a picture of its size")
    let (rows, columns) = (crop.rows, crop.columns)
    let sources = columns.scaling.nearest(columns.kept).map { crop.isMirrored ? width - 1 - $0 : $0 }
    let cropped = [UInt8](unsafeUninitializedCapacity: crop.area) { cropped, initialized in
      if crop.isPadded { cropped.initialize(repeating: Label.ignored) }
      labels.withUnsafeBufferPointer { labels in
        sources.withUnsafeBufferPointer { sources in
          for (y, row) in rows.scaling.nearest(rows.kept).enumerated() {
            let source = row * width
            let target = (rows.target + y) * columns.side + columns.target
            for x in 0..<columns.count {
              let label = labels[source + sources[x]]
              cropped[target + x] = label == Label.ignored ? unlabelled : label
            }
          }
        }
      }
      initialized = crop.area
    }
    return LabelMap(width: columns.side, height: rows.side, labels: cropped)
  }
}
