import Concurrency
import Files
import Foundation

/// Every image of a data set loaded once: what it holds, and what is wrong with it.
public struct DatasetExamination: Sendable {
  /// What the images hold that could be loaded, in list order.
  public let images: [ImageContents]
  /// The same summed up.
  public let summary: DatasetSummary
  /// What is wrong with the others, in list order.
  public let faults: [FileError]
  /// What is odd about files that could be loaded, in list order.
  public let warnings: [FileWarning]
  /// Number of images that were looked at.
  public let count: Int
  /// Whether all images were looked at.
  public let isComplete: Bool

  /// Loads the images on `threads` threads, as `shouldStop` allows; `progress` is called on the calling thread.
  ///
  /// Images are looked at in an order that spreads over the list, so that those that were looked at before a stop stand
  /// for all. Scribbles are compared with the masks that `reference`, a data set of the same images, has.
  public init(
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
        // A mask that cannot be read is no fault of the training images, which do without.
        let mask = masks[item.id].flatMap {
          reference?.readableGroundTruth(of: $0, width: sample.image.width, height: sample.image.height)
        }
        return ImageContents(sample, classCount: dataset.classes.count, comparingWith: mask)
      }
      return (index: index, contents: contents, faults: faults, warnings: sample?.warnings ?? [])
    }
    let looked = results.compactMap { $0 }.sorted { $0.index < $1.index }
    images = looked.compactMap(\.contents)
    summary = DatasetSummary(
      dataset.classes, images, hasScribbles: dataset.layout.scribbles != nil,
      hasGroundTruth: dataset.layout.masks != nil)
    faults = looked.flatMap(\.faults)
    warnings = looked.flatMap(\.warnings)
    count = looked.count
    isComplete = looked.count == dataset.count
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
