import Concurrency
import Files
import Foundation

/// Every image of a data set loaded once: what it holds, and what is wrong with it.
public struct DatasetExamination: Sendable {
  /// What the images hold that could be loaded.
  public let summary: DatasetSummary
  /// What is wrong with the others, in list order.
  public let faults: [FileError]
  /// Whether all images were looked at.
  public let isComplete: Bool

  /// Loads the images on `threads` threads, as `shouldStop` allows; `progress` is called on the calling thread.
  public init(
    of dataset: SegmentationDataset, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    progress: (_ done: Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) {
    let findings = concurrentMap(dataset.items, threads: threads, progress: progress, shouldStop: shouldStop) { item in
      var faults: [FileError] = []
      let sample = dataset.load(item, &faults)
      return (contents: sample.map { ImageContents($0, classCount: dataset.classes.count) }, faults: faults)
    }
    summary = DatasetSummary(
      dataset.classes, findings.compactMap { $0?.contents }, hasScribbles: dataset.layout.scribbles != nil,
      hasGroundTruth: dataset.layout.masks != nil)
    faults = findings.flatMap { $0?.faults ?? [] }
    isComplete = findings.allSatisfy { $0 != nil }
  }
}
