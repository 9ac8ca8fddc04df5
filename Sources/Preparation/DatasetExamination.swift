import Concurrency
import Datasets
import Files
import Foundation
import Images

/// The contents and errors of a data set, from loading every image once.
package struct DatasetExamination: Sendable {
  /// Contents of the images that could be loaded, in list order.
  package let images: [ImageContents]
  /// Totals of `images`.
  package let summary: DatasetSummary
  /// Errors of the others, in list order.
  package let faults: [FileError]
  /// Warnings about files that could be loaded, in list order.
  package let warnings: [FileWarning]
  /// Number of images examined.
  package let count: Int
  /// Whether all images were examined.
  package let isComplete: Bool

  /// Loads the images on `threads` threads, as `shouldStop` allows; `progress` is called on the calling thread.
  ///
  /// The order of loading spreads over the list, so that the images examined before a stop represent all. Scribbles are
  /// compared with the masks of `reference`, a data set of the same images.
  package init(
    of dataset: SegmentationDataset, comparingWith reference: SegmentationDataset? = nil,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    progress: (_ done: Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) {
    let masks = Dictionary((reference?.items ?? []).map { ($0.id, $0) }) { first, _ in first }
    let order = DatasetExamination.spread(dataset.count)
    let results = concurrentMap(order, threads: threads, progress: progress, shouldStop: shouldStop) { index in
      let item = dataset.items[index]
      var faults: [FileError] = []
      let sample = dataset.load(item, &faults)
      let contents = sample.map { sample in
        // Training does not need the masks, so one that cannot be read is not an error here.
        let mask = masks[item.id].flatMap {
          reference?.readableGroundTruth(of: $0, width: sample.image.width, height: sample.image.height)
        }
        return ImageContents(sample, classCount: dataset.classes.count, comparingWith: mask)
      }
      return (index: index, contents: contents, faults: faults, warnings: sample?.warnings ?? [])
    }
    let examined = results.compactMap { $0 }.sorted { $0.index < $1.index }
    images = examined.compactMap(\.contents)
    summary = DatasetSummary(
      dataset.classes, images, hasScribbles: dataset.layout.scribbles != nil,
      hasGroundTruth: dataset.layout.masks != nil)
    faults = examined.flatMap(\.faults)
    warnings = examined.flatMap(\.warnings)
    count = examined.count
    isComplete = examined.count == dataset.count
  }

  /// The numbers below `count`, in steps of about the golden section of them.
  private static func spread(_ count: Int) -> [Int] {
    guard count > 2 else { return Array(0..<count) }
    var step = max(1, Int(Double(count) * 0.618))
    while greatestCommonDivisor(step, count) != 1 { step += 1 }
    return (0..<count).map { $0 * step % count }
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
}

/// The contents of one image: sizes and counts, not pixels.
package struct ImageContents: Sendable {
  /// Pixels of a label map by class, and without one.
  package struct Labels: Sendable {
    package let pixels: [Int]
    package let unlabelledPixels: Int

    init(_ map: LabelMap, classCount: Int) {
      var histogram = [Int](repeating: 0, count: Int(UInt8.max) + 1)
      histogram.withUnsafeMutableBufferPointer { counts in
        for label in map.labels { counts[Int(label)] += 1 }
      }
      pixels = Array(histogram.prefix(classCount))
      unlabelledPixels = histogram[Int(Label.ignored)]
    }

    package var present: Set<Int> { Set(pixels.indices.filter { pixels[$0] > 0 }) }
    package var labelledPixels: Int { pixels.reduce(0, +) }

    /// Pixels with a class over all pixels, 0...1.
    package var labelledShare: Double {
      let labelled = labelledPixels
      return labelled == 0 ? 0 : Double(labelled) / Double(labelled + unlabelledPixels)
    }
  }

  /// The class of a scribbled pixel, and its class in the ground truth.
  package struct Pair: Hashable, Sendable {
    package let drawn: UInt8
    package let actual: UInt8
  }

  package let id: String
  package let width: Int
  package let height: Int
  package let scribbles: Labels?
  package let groundTruth: Labels?
  /// Number of scribbled pixels with ground truth, by both classes.
  package let pairs: [Pair: Int]
  /// A hash of the photograph's pixels, valid in this process only.
  package let fingerprint: Int

  /// `groundTruth` is compared with the scribbles where the sample has none, and not counted.
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
