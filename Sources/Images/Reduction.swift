/// A picture's size when its longer side is brought down to a limit.
///
/// The reduced picture covers the same area: its pixel (x, y) stands for a rectangle of `width / newWidth` by
/// `height / newHeight` pixels.
public struct Reduction: Sendable, Equatable {
  public let width: Int
  public let height: Int

  /// Nil where the longer side has at most `maxSide` pixels, or where there is no limit.
  public init?(width: Int, height: Int, toSide maxSide: Int?) {
    guard let maxSide, max(width, height) > maxSide else { return nil }
    func reduced(_ side: Int) -> Int {
      max(1, Int((Double(side) * Double(maxSide) / Double(max(width, height))).rounded()))
    }
    (self.width, self.height) = (reduced(width), reduced(height))
  }
}

extension Image {
  /// The photograph with at most `maxSide` pixels on its longer side; the same where it has as few.
  ///
  /// Each pixel is the mean of its area (`shrunk`). The cubic of `resizedCubic(by:)` looks at four pixels a row however
  /// small the result, so that fine patterns of a large photograph would become patterns that are not there.
  public func reduced(toSide maxSide: Int?) -> Image {
    guard let size = Reduction(width: width, height: height, toSide: maxSide) else { return self }
    return shrunk(width: size.width, height: size.height)
  }
}

extension LabelMap {
  /// The labels with at most `maxSide` pixels on the longer side; the same where they have as few.
  ///
  /// Every pixel belongs to one pixel of the result, which takes the label that most of its pixels have, the lowest of
  /// several. Where `keepingStrokes`, pixels that are `Label.ignored` do not count beside labelled ones, so that a stroke
  /// of one pixel stays a stroke.
  public func reduced(toSide maxSide: Int?, keepingStrokes: Bool) -> LabelMap {
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
