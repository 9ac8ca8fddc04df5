import Images

/// What a summary needs to know of one image: sizes and counts, not pixels.
struct ImageContents: Sendable {
  /// Pixels of a label map by class, and without one.
  struct Labels: Sendable {
    let pixels: [Int]
    let unlabelledPixels: Int

    init(_ map: LabelMap, classCount: Int) {
      var histogram = [Int](repeating: 0, count: Int(UInt8.max) + 1)
      histogram.withUnsafeMutableBufferPointer { counts in
        for label in map.labels { counts[Int(label)] += 1 }
      }
      pixels = Array(histogram.prefix(classCount))
      unlabelledPixels = histogram[Int(Label.ignored)]
    }

    var present: Set<Int> { Set(pixels.indices.filter { pixels[$0] > 0 }) }
  }

  let id: String
  let width: Int
  let height: Int
  let scribbles: Labels?
  let groundTruth: Labels?

  init(_ sample: Sample, classCount: Int) {
    id = sample.id
    (width, height) = (sample.image.width, sample.image.height)
    scribbles = sample.scribbles.map { Labels($0, classCount: classCount) }
    groundTruth = sample.groundTruth.map { Labels($0, classCount: classCount) }
  }
}
