extension Image {
  /// The width and height of this picture within a square of `side` pixels, never larger than it is.
  public func size(within side: Int) -> (width: Int, height: Int) {
    let reduction = Reduction(width: width, height: height, toSide: side)
    return (reduction?.width ?? width, reduction?.height ?? height)
  }

  /// The picture made smaller, each pixel the mean of the area that it takes the place of, where pixels at the border count
  /// by the part that lies inside. No side may grow.
  public func shrunk(width newWidth: Int, height newHeight: Int) -> Image {
    precondition(1...width ~= newWidth && 1...height ~= newHeight, "a picture is shrunk, not enlarged")
    if (newWidth, newHeight) == (width, height) { return self }
    let columns = AreaWeights(width, newWidth)
    let rows = AreaWeights(height, newHeight)
    var result = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
    var sums = [Float](repeating: 0, count: newWidth * 3)
    pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<newHeight {
        for i in sums.indices { sums[i] = 0 }
        for (source, rowWeight) in rows.taps(y) {
          let line = source * width * 3
          for x in 0..<newWidth {
            var (red, green, blue): (Float, Float, Float) = (0, 0, 0)
            for (column, weight) in columns.taps(x) {
              let place = line + column * 3
              red += weight * Float(pixels[place])
              green += weight * Float(pixels[place + 1])
              blue += weight * Float(pixels[place + 2])
            }
            sums[3 * x] += rowWeight * red
            sums[3 * x + 1] += rowWeight * green
            sums[3 * x + 2] += rowWeight * blue
          }
        }
        for i in sums.indices { result[y * newWidth * 3 + i] = UInt8(sums[i].roundedToByte) }
      }
    }
    return Image(width: newWidth, height: newHeight, pixels: result)
  }
}

extension LabelMap {
  /// The map made smaller, each pixel the label in the middle of the area that it takes the place of.
  public func shrunk(width newWidth: Int, height newHeight: Int) -> LabelMap {
    precondition(1...width ~= newWidth && 1...height ~= newHeight, "a map is shrunk, not enlarged")
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * newHeight)
    for y in 0..<newHeight {
      let row = (2 * y + 1) * height / (2 * newHeight) * width
      for x in 0..<newWidth { result.append(labels[row + (2 * x + 1) * width / (2 * newWidth)]) }
    }
    return LabelMap(width: newWidth, height: newHeight, labels: result)
  }

  /// Scribbles made smaller: a pixel is labelled where any pixel of its area is, so that thin strokes stay whole.
  public func shrunkKeepingStrokes(width newWidth: Int, height newHeight: Int) -> LabelMap {
    precondition(1...width ~= newWidth && 1...height ~= newHeight, "a map is shrunk, not enlarged")
    var result = LabelMap(width: newWidth, height: newHeight, filledWith: Label.ignored)
    for (i, label) in labels.enumerated() where label != Label.ignored {
      result.labels[i / width * newHeight / height * newWidth + i % width * newWidth / width] = label
    }
    return result
  }
}

/// One axis of averaging by area: which pixels of `source` a pixel of fewer covers, and how much of it each makes up.
private struct AreaWeights {
  private let firsts: [Int]
  private let weights: [[Float]]

  init(_ source: Int, _ target: Int) {
    let length = Double(source) / Double(target)
    var firsts: [Int] = []
    var weights: [[Float]] = []
    for index in 0..<target {
      let (start, end) = (Double(index) * length, Double(index + 1) * length)
      let first = min(Int(start), source - 1)
      let last = max(first, min(Int(end.rounded(.up)), source) - 1)
      firsts.append(first)
      weights.append(
        (first...last).map { pixel in
          Float(max(0, min(end, Double(pixel + 1)) - max(start, Double(pixel))) / length)
        })
    }
    (self.firsts, self.weights) = (firsts, weights)
  }

  /// The pixels that make up pixel `index` of the result, and their parts, whose sum is 1.
  func taps(_ index: Int) -> Zip2Sequence<Range<Int>, [Float]> {
    zip(firsts[index]..<firsts[index] + weights[index].count, weights[index])
  }
}
