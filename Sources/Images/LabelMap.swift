/// Label values with a special meaning; all others are class indices.
public enum Label {
  /// On disk: no scribble here, or void in ground truth. In a training batch: cropped padding only.
  public static let ignored: UInt8 = 255
}

/// One label per pixel, rows from the top: a class index, or `Label.ignored`.
public struct LabelMap: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// `height * width` labels.
  public var labels: [UInt8]

  public init(width: Int, height: Int, labels: [UInt8]) {
    precondition(width > 0 && height > 0 && labels.count == width * height, "a label map needs one byte per pixel")
    self.width = width
    self.height = height
    self.labels = labels
  }

  /// A map with one label everywhere.
  public init(width: Int, height: Int, filledWith label: UInt8) {
    self.init(width: width, height: height, labels: Array(repeating: label, count: width * height))
  }
}

extension LabelMap {
  /// For each of the 256 labels whether a pixel has it.
  public var isPresent: [Bool] {
    var isPresent = [Bool](repeating: false, count: Int(UInt8.max) + 1)
    isPresent.withUnsafeMutableBufferPointer { isPresent in
      for label in labels { isPresent[Int(label)] = true }
    }
    return isPresent
  }
}

extension LabelMap {
  /// The labels of a crop, scaled as `resizedNearest(by:)` does it.
  ///
  /// `Label.ignored` becomes `unlabelled`; padding is `Label.ignored`.
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

extension LabelMap {
  /// The labels scaled by `factor` on both axes, each the one at `floor(i / factor)`, as OpenCV's INTER_NEAREST does.
  ///
  /// Each side is `side * factor` rounded half to even, as in `Image.resizedCubic(by:)`.
  public func resizedNearest(by factor: Double) -> LabelMap {
    cropped(to: Crop(wholeOf: width, height, factor: factor), unlabelled: Label.ignored)
  }
}
