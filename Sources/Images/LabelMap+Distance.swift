/// Exact Euclidean distances between the centres of pixels, in time linear in their number.
///
/// Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions" (Theory of Computing 8, 2012): distances
/// along the columns first, then for each row the lower envelope of the parabolas with their squares as heights.
extension LabelMap {
  /// The distance of each pixel to the nearest one whose label is a target, in pixels; infinite where there is none.
  package func distances(to isTarget: (UInt8) -> Bool) -> [Float] {
    var columns = labels.map { isTarget($0) ? 0 : Float.infinity }
    for index in labels.indices.dropFirst(width) { columns[index] = min(columns[index], columns[index - width] + 1) }
    for index in labels.indices.dropLast(width).reversed() {
      columns[index] = min(columns[index], columns[index + width] + 1)
    }
    var result = [Float](repeating: .infinity, count: labels.count)
    var envelope = LowerEnvelope()
    for start in stride(from: 0, to: labels.count, by: width) {
      envelope.removeAll()
      for x in 0..<width { envelope.add(height: columns[start + x], at: x) }
      envelope.writeRoots(over: 0..<width, to: &result, offset: start)
    }
    return result
  }

  /// The distance of each pixel to the nearest one of another label, in pixels; infinite in a map of one label.
  ///
  /// The edge of the map is no boundary: regions that it cuts are taken to continue outside.
  package func distancesToOtherLabels() -> [Float] {
    var columns = [Float](repeating: .infinity, count: labels.count)
    for index in labels.indices.dropFirst(width) {
      columns[index] = labels[index] == labels[index - width] ? columns[index - width] + 1 : 1
    }
    for index in labels.indices.dropLast(width).reversed() {
      let below = labels[index] == labels[index + width] ? columns[index + width] + 1 : 1
      columns[index] = min(columns[index], below)
    }
    var result = columns
    var envelope = LowerEnvelope()
    for row in stride(from: 0, to: labels.count, by: width) {
      // Each run of one label separately: no pixel beyond the two that enclose it is nearer than these.
      var start = 0
      while start < width {
        var end = start + 1
        while end < width && labels[row + end] == labels[row + start] { end += 1 }
        envelope.removeAll()
        if start > 0 { envelope.add(height: 0, at: start - 1) }
        for x in start..<end { envelope.add(height: columns[row + x], at: x) }
        if end < width { envelope.add(height: 0, at: end) }
        envelope.writeRoots(over: start..<end, to: &result, offset: row)
        start = end
      }
    }
    return result
  }
}

/// The lower envelope of parabolas height^2 + (x - vertex)^2.
private struct LowerEnvelope {
  private var parabolas: [(vertex: Double, square: Double, from: Double)] = []

  mutating func removeAll() { parabolas.removeAll(keepingCapacity: true) }

  /// Adds a parabola right of all others; an infinite one is never the lowest.
  mutating func add(height: Float, at x: Int) {
    guard height.isFinite else { return }
    let (vertex, square) = (Double(x), Double(height) * Double(height))
    var from = -Double.infinity
    while let last = parabolas.last {
      from = (square + vertex * vertex - last.square - last.vertex * last.vertex) / (2 * (vertex - last.vertex))
      if from > last.from { break }
      parabolas.removeLast()
      from = -.infinity
    }
    parabolas.append((vertex, square, from))
  }

  /// Writes the square root of the envelope at each column; without a parabola it leaves `result` unchanged.
  func writeRoots(over columns: Range<Int>, to result: inout [Float], offset: Int) {
    guard !parabolas.isEmpty else { return }
    var index = 0
    for column in columns {
      let x = Double(column)
      while index + 1 < parabolas.count && parabolas[index + 1].from < x { index += 1 }
      let parabola = parabolas[index]
      result[offset + column] = Float((parabola.square + (x - parabola.vertex) * (x - parabola.vertex)).squareRoot())
    }
  }
}
