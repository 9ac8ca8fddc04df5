/// A picture's size after its longer side is reduced to a limit.
///
/// The reduced picture covers the same area: its pixel (x, y) covers a rectangle of `width / newWidth` by `height /
/// newHeight` pixels.
package struct Reduction: Sendable, Equatable {
  package let width: Int
  package let height: Int

  /// Nil where the longer side has at most `maxSide` pixels, or where there is no limit.
  package init?(width: Int, height: Int, toSide maxSide: Int?) {
    guard let maxSide, max(width, height) > maxSide else { return nil }
    func reduced(_ side: Int) -> Int {
      max(1, Int((Double(side) * Double(maxSide) / Double(max(width, height))).rounded()))
    }
    (self.width, self.height) = (reduced(width), reduced(height))
  }
}

extension Image {
  /// The photograph with at most `maxSide` pixels on its longer side; unchanged where it has no more.
  ///
  /// Each pixel is the mean of its area (`shrunk`). `resizedCubic(by:)` reads four pixels per row however small the
  /// result, so that fine patterns of a large photograph would alias.
  package func reduced(toSide maxSide: Int?) -> Image {
    guard let size = Reduction(width: width, height: height, toSide: maxSide) else { return self }
    return shrunk(width: size.width, height: size.height)
  }
}

extension LabelMap {
  /// The labels with at most `maxSide` pixels on the longer side; unchanged where they have no more.
  ///
  /// Every pixel belongs to one pixel of the result, which takes the most frequent label of its pixels, the lowest in a
  /// tie. Where `keepingStrokes`, pixels that are `Label.ignored` do not count beside labelled ones, so that a stroke
  /// of one pixel stays a stroke.
  package func reduced(toSide maxSide: Int?, keepingStrokes: Bool) -> LabelMap {
    guard let size = Reduction(width: width, height: height, toSide: maxSide) else { return self }
    var result = [UInt8](repeating: Label.ignored, count: size.width * size.height)
    // The pixels whose centres lie in a pixel of the result.
    let columns = (0...size.width).map { LabelMap.start($0, width, size.width) }
    let rows = (0...size.height).map { LabelMap.start($0, height, size.height) }
    var counts = [Int](repeating: 0, count: 256)
    labels.withUnsafeBufferPointer { labels in
      for y in 0..<size.height {
        for x in 0..<size.width {
          var best: UInt8?
          for row in rows[y]..<rows[y + 1] {
            for column in columns[x]..<columns[x + 1] { counts[Int(labels[row * width + column])] += 1 }
          }
          for row in rows[y]..<rows[y + 1] {
            for column in columns[x]..<columns[x + 1] {
              let label = labels[row * width + column]
              if keepingStrokes && label == Label.ignored { continue }
              guard let known = best else {
                best = label
                continue
              }
              let (count, most) = (counts[Int(label)], counts[Int(known)])
              if count > most || count == most && label < known { best = label }
            }
          }
          for row in rows[y]..<rows[y + 1] {
            for column in columns[x]..<columns[x + 1] { counts[Int(labels[row * width + column])] = 0 }
          }
          result[y * size.width + x] = best ?? Label.ignored
        }
      }
    }
    return LabelMap(width: size.width, height: size.height, labels: result)
  }

  /// The first of `source` pixels whose centre lies in pixel `index` of `target`: the first i with
  /// (i + 1/2) target / source >= index.
  private static func start(_ index: Int, _ source: Int, _ target: Int) -> Int {
    min(source, (2 * index * source + target - 1) / (2 * target))
  }
}

extension Image {
  /// The width and height of this picture within a square of `side` pixels, never larger than it is.
  package func size(within side: Int) -> (width: Int, height: Int) {
    let reduction = Reduction(width: width, height: height, toSide: side)
    return (reduction?.width ?? width, reduction?.height ?? height)
  }

  /// The picture reduced, each pixel the mean of the area that it replaces; pixels at the border of an area are
  /// weighted by the part inside it. No side may grow.
  package func shrunk(width newWidth: Int, height newHeight: Int) -> Image {
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
              let pixel = line + column * 3
              red += weight * Float(pixels[pixel])
              green += weight * Float(pixels[pixel + 1])
              blue += weight * Float(pixels[pixel + 2])
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
  /// The map reduced, each pixel the label at the centre of the area that it replaces.
  package func shrunk(width newWidth: Int, height newHeight: Int) -> LabelMap {
    precondition(1...width ~= newWidth && 1...height ~= newHeight, "a map is shrunk, not enlarged")
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * newHeight)
    for y in 0..<newHeight {
      let row = (2 * y + 1) * height / (2 * newHeight) * width
      for x in 0..<newWidth { result.append(labels[row + (2 * x + 1) * width / (2 * newWidth)]) }
    }
    return LabelMap(width: newWidth, height: newHeight, labels: result)
  }

  /// Scribbles reduced: a pixel is labelled where any pixel of its area is, so that thin strokes stay whole.
  package func shrunkKeepingStrokes(width newWidth: Int, height newHeight: Int) -> LabelMap {
    precondition(1...width ~= newWidth && 1...height ~= newHeight, "a map is shrunk, not enlarged")
    var result = LabelMap(width: newWidth, height: newHeight, filledWith: Label.ignored)
    for (i, label) in labels.enumerated() where label != Label.ignored {
      result.labels[i / width * newHeight / height * newWidth + i % width * newWidth / width] = label
    }
    return result
  }
}

/// One axis of averaging by area: the `source` pixels that each pixel of the result covers, and their weights.
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

  /// The source pixels of pixel `index` of the result, and their weights, whose sum is 1.
  func taps(_ index: Int) -> Zip2Sequence<Range<Int>, [Float]> {
    zip(firsts[index]..<firsts[index] + weights[index].count, weights[index])
  }
}
