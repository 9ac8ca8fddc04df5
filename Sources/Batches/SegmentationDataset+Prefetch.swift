import Concurrency
import Datasets

extension SegmentationDataset {
  /// The samples of the data set in list order, decoded ahead on `threads` threads; for evaluation.
  public func prefetched(
    threads: Int = 1, ahead: Int = 4
  ) -> OrderedPrefetch<SegmentationDataset.Item, Sample> {
    OrderedPrefetch(items, threads: threads, ahead: ahead) { try self.load($0) }
  }
}
