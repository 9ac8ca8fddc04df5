import Datasets
import Files
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
  ///
  /// `check` may throw for what the header of a file says before its pixels are decoded.
  public static func photographs(
    at paths: [String], threads: Int = 1, ahead: Int = 4,
    checking check: @escaping @Sendable (ImageHeader, _ path: String) throws(FileError) -> Void = { _, _ in }
  ) -> OrderedPrefetch<String, Image> {
    OrderedPrefetch(paths, threads: threads, ahead: ahead) { path in
      let data = try InputFile.read(path)
      try check(ImageHeader(decoding: data, from: path), path)
      return try Image(decoding: data, from: path)
    }
  }
}
