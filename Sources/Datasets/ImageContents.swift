import Images

/// What is known of one image after it was looked at: sizes and counts, not pixels.
public struct ImageContents: Sendable {
  /// Pixels of a label map by class, and without one.
  public struct Labels: Sendable {
    public let pixels: [Int]
    public let unlabelledPixels: Int

    init(_ map: LabelMap, classCount: Int) {
      var histogram = [Int](repeating: 0, count: Int(UInt8.max) + 1)
      histogram.withUnsafeMutableBufferPointer { counts in
        for label in map.labels { counts[Int(label)] += 1 }
      }
      pixels = Array(histogram.prefix(classCount))
      unlabelledPixels = histogram[Int(Label.ignored)]
    }

    public var present: Set<Int> { Set(pixels.indices.filter { pixels[$0] > 0 }) }
    public var labelledPixels: Int { pixels.reduce(0, +) }

    /// Pixels with a class over all pixels, 0...1.
    public var labelledShare: Double {
      let labelled = labelledPixels
      return labelled == 0 ? 0 : Double(labelled) / Double(labelled + unlabelledPixels)
    }
  }

  /// A class that was drawn, and the class of the ground truth at the same pixel.
  public struct Pair: Hashable, Sendable {
    public let drawn: UInt8
    public let actual: UInt8
  }

  public let id: String
  public let width: Int
  public let height: Int
  public let scribbles: Labels?
  public let groundTruth: Labels?
  /// Numbers of the scribbled pixels whose ground truth is known, by both classes.
  public let pairs: [Pair: Int]
  /// Equal for photographs of equal pixels, and hardly ever for others; means nothing in another process.
  public let fingerprint: Int

  /// `groundTruth` takes the place of a ground truth that the sample lacks, to be compared with its scribbles only.
  init(_ sample: Sample, classCount: Int, comparingWith groundTruth: LabelMap? = nil) {
    id = sample.id
    (width, height) = (sample.image.width, sample.image.height)
    scribbles = sample.scribbles.map { Labels($0, classCount: classCount) }
    self.groundTruth = sample.groundTruth.map { Labels($0, classCount: classCount) }
    pairs = ImageContents.pairs(sample.scribbles, sample.groundTruth ?? groundTruth)
    var hasher = Hasher()
    hasher.combine(width)
    sample.image.pixels.withUnsafeBytes { hasher.combine(bytes: $0) }
    fingerprint = hasher.finalize()
  }

  private static func pairs(_ scribbles: LabelMap?, _ groundTruth: LabelMap?) -> [Pair: Int] {
    guard let scribbles, let groundTruth else { return [:] }
    var counts: [Pair: Int] = [:]
    for (drawn, actual) in zip(scribbles.labels, groundTruth.labels)
    where drawn != Label.ignored && actual != Label.ignored {
      counts[Pair(drawn: drawn, actual: actual), default: 0] += 1
    }
    return counts
  }
}
