import Images

/// A rectangle of fixed size taken from a picture, or around one that is too small.
struct Crop {
  /// One axis: `count` pixels go from `source` in the picture to `target` in a result of `side` pixels.
  struct Axis {
    let source: Int
    let target: Int
    let count: Int
    let side: Int

    /// A random place: which part of a long side is kept, or where a short one is placed.
    init(_ length: Int, croppedTo side: Int, using stream: inout RandomStream) {
      let offset = stream.integer(below: abs(length - side) + 1)
      source = length > side ? offset : 0
      target = length > side ? 0 : offset
      count = min(length, side)
      self.side = side
    }

    /// The whole of a side.
    init(_ length: Int) { (source, target, count, side) = (0, 0, length, length) }
  }

  let columns: Axis
  let rows: Axis

  init(_ width: Int, _ height: Int, croppedTo side: Int, using stream: inout RandomStream) {
    rows = Axis(height, croppedTo: side, using: &stream)
    columns = Axis(width, croppedTo: side, using: &stream)
  }

  init(_ width: Int, _ height: Int) { (columns, rows) = (Axis(width), Axis(height)) }

  /// That part of a label map, row by row; each label is replaced by its entry of `table`, padding is `Label.ignored`.
  func labels(of map: LabelMap, _ table: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: Label.ignored, count: columns.side * rows.side)
    result.withUnsafeMutableBufferPointer { result in
      map.labels.withUnsafeBufferPointer { labels in
        table.withUnsafeBufferPointer { table in
          for row in 0..<rows.count {
            let source = (rows.source + row) * map.width + columns.source
            let target = (rows.target + row) * columns.side + columns.target
            for column in 0..<columns.count { result[target + column] = table[Int(labels[source + column])] }
          }
        }
      }
    }
    return result
  }
}
