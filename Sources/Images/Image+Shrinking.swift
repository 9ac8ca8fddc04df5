/// One axis that is made shorter: what each pixel of the result takes from which pixels of the source.
private struct Shrinking {
  /// The first source pixel of each target pixel, with the shares of that one and those after it, 1 in sum.
  let parts: [(first: Int, shares: [Float])]

  init(from source: Int, to target: Int) {
    let step = Double(source) / Double(target)
    parts = (0..<target).map { i in
      let (low, high) = (Double(i) * step, Double(i + 1) * step)
      let pixels = min(Int(low), source - 1)..<min(max(Int(high.rounded(.up)), Int(low) + 1), source)
      return (
        first: pixels.lowerBound,
        shares: pixels.map { Float((min(high, Double($0 + 1)) - max(low, Double($0))) / step) }
      )
    }
  }
}

extension Image {
  /// The width and height of this picture within a square of `side` pixels, never larger than it is.
  public func size(within side: Int) -> (width: Int, height: Int) {
    let longer = max(width, height)
    guard longer > side else { return (width, height) }
    return (max(1, (width * side + longer / 2) / longer), max(1, (height * side + longer / 2) / longer))
  }

  /// The picture made smaller, each pixel the mean of the area that it takes the place of. No side may grow.
  public func shrunk(width newWidth: Int, height newHeight: Int) -> Image {
    precondition(1...width ~= newWidth && 1...height ~= newHeight, "a picture is shrunk, not enlarged")
    if (newWidth, newHeight) == (width, height) { return self }
    let columns = Shrinking(from: width, to: newWidth).parts
    var narrow = [Float](repeating: 0, count: 3 * newWidth * height)
    for y in 0..<height {
      for (x, part) in columns.enumerated() {
        var sum = SIMD3<Float>.zero
        for (offset, share) in part.shares.enumerated() {
          let i = 3 * (y * width + part.first + offset)
          sum += SIMD3(Float(pixels[i]), Float(pixels[i + 1]), Float(pixels[i + 2])) * share
        }
        for channel in 0..<3 { narrow[3 * (y * newWidth + x) + channel] = sum[channel] }
      }
    }
    var result: [UInt8] = []
    result.reserveCapacity(3 * newWidth * newHeight)
    for part in Shrinking(from: height, to: newHeight).parts {
      var row = [Float](repeating: 0, count: 3 * newWidth)
      for (offset, share) in part.shares.enumerated() {
        let start = 3 * (part.first + offset) * newWidth
        for i in row.indices { row[i] += narrow[start + i] * share }
      }
      result += row.map { UInt8($0.roundedToByte) }
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
