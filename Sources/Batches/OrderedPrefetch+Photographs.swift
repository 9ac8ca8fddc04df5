import Concurrency
import Datasets
import Images

extension SegmentationDataset {
  /// The samples of the data set in list order, decoded ahead on `threads` threads; for evaluation.
  public func prefetched(
    threads: Int = 1, ahead: Int = 4
  ) -> OrderedPrefetch<SegmentationDataset.Item, Sample> {
    OrderedPrefetch(items, threads: threads, ahead: ahead) { try self.load($0) }
  }
}

extension OrderedPrefetch where Input == String, Output == Image {
  /// The photographs at `paths` in that order, decoded ahead on `threads` threads; for prediction.
  public static func photographs(
    at paths: [String], threads: Int = 1, ahead: Int = 4
  ) -> OrderedPrefetch<String, Image> {
    OrderedPrefetch(paths, threads: threads, ahead: ahead) { try Image(contentsOf: $0) }
  }
}
