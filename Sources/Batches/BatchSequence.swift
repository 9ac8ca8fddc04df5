/// The batches of one epoch that are still to come.
public final class BatchSequence {
  private let loader: BatchLoader
  public let epoch: Int
  /// Index in the epoch of the batch that `next` returns next.
  public private(set) var nextIndex: Int

  init(_ loader: BatchLoader, epoch: Int, nextIndex: Int) {
    self.loader = loader
    self.epoch = epoch
    self.nextIndex = nextIndex
  }

  /// The next batch, or nil at the end of the epoch.
  ///
  /// Throws what loading one of its images threw; the same batch is tried again by the next call.
  public func next() throws -> Batch? {
    guard nextIndex < loader.batchesPerEpoch else { return nil }
    let batch = try loader.batch(epoch: epoch, index: nextIndex)
    nextIndex += 1
    return batch
  }
}
