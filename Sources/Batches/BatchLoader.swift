import Concurrency
import Datasets
import Files
import Images
import Tensors

/// Training batches of a data set, prepared ahead on background threads.
///
/// Batches depend on the data set, the settings and the seed alone: images are shuffled by (seed, epoch), each is
/// varied by (seed, epoch, its index in the data set), and an incomplete last batch is dropped. Where there are fewer
/// images than one batch has, an epoch is one batch, in which images recur in other variants. Threads go on with
/// the next epoch while the consumer is at the end of one. To be used from one thread.
package final class BatchLoader {
  package let dataset: SegmentationDataset
  package let augmentation: Augmentation
  package let normalization: ChannelNormalization
  /// The images whose ground truth can be shown, with their scribbles; training itself does not know it.
  private let shown: SegmentationDataset?
  /// Images of a batch, those for other processes included.
  package let batchSize: Int
  /// Which images of each batch this loader loads.
  package let part: Range<Int>
  package let seed: UInt64
  /// The device that batches are for.
  private let device: Device
  private let threads: Int
  private let samplesAhead: Int
  private var running: OrderedPrefetch<TrainingOrder.Visit, TrainingSample>?
  /// The batch that `running` hands out next.
  private var position = (epoch: 0, batch: 0)

  /// `threads` threads prepare up to `batchesAhead` batches in advance.
  ///
  /// Where several processes share each batch, `part` is this process's share; all of it by default.
  /// `shown` is a data set of the same images with ground truth, which may lack some.
  /// Throws when the data set has no scribbles or no images.
  package init(
    _ dataset: SegmentationDataset, _ augmentation: Augmentation, _ normalization: ChannelNormalization,
    batchSize: Int, part: Range<Int>? = nil, showing shown: SegmentationDataset? = nil, seed: UInt64,
    device: Device = .cpu, threads: Int = 2, batchesAhead: Int = 2
  ) throws(FileError) {
    let part = part ?? 0..<batchSize
    precondition(!part.isEmpty && part.clamped(to: 0..<batchSize) == part, "a part of a batch lies inside it")
    precondition(batchSize > 0 && threads > 0 && batchesAhead > 0, "a loader needs a thread and room for a batch")
    guard dataset.layout.scribbles != nil else {
      throw .invalid(dataset.layout.list, "has no folder of scribbles, and training needs one; name it")
    }
    guard dataset.count > 0 else {
      throw .invalid(dataset.layout.list, "lists nothing to train on; add images")
    }
    self.dataset = dataset
    self.shown = shown
    self.augmentation = augmentation
    self.normalization = normalization
    self.batchSize = batchSize
    self.part = part
    self.seed = seed
    self.device = device
    self.threads = threads
    samplesAhead = batchesAhead * part.count
  }

  /// Number of whole batches in the data set, at least one.
  package var batchesPerEpoch: Int { max(1, dataset.count / batchSize) }

  /// The batches of an epoch from `batchIndex` on, the same as in a run through the whole epoch.
  package func epoch(_ epoch: Int, startingAt batchIndex: Int = 0) -> BatchSequence {
    precondition(0...batchesPerEpoch ~= batchIndex, "an epoch has \(batchesPerEpoch) batches")
    return BatchSequence(self, epoch: epoch, nextIndex: batchIndex)
  }

  /// One batch; threads restart at its position unless it is the next one.
  func batch(epoch: Int, index: Int) throws -> Batch {
    if running == nil || position != (epoch, index) { restart(epoch, index) }
    do {
      var samples: [TrainingSample] = []
      while samples.count < part.count, let sample = try running?.next() { samples.append(sample) }
      let batch = try Batch(samples, for: device)
      position = index + 1 == batchesPerEpoch ? (epoch + 1, 0) : (epoch, index + 1)
      return batch
    } catch {
      // Further samples of the failed batch are useless for the next one.
      running = nil
      throw error
    }
  }

  /// The ground truth of the first `count` images of a batch, varied like the images; nil for those that have none.
  package func groundTruth(epoch: Int, index: Int, count: Int) -> [LabelMap?] {
    guard let shown else { return [] }
    return order(epoch, index).prefix(min(count, part.count)).map { visit in
      let id = dataset.items[visit.index].id
      guard let item = shown.item(id), let sample = try? shown.load(item) else { return nil }
      let variant = Self.variant(of: sample, visit, augmentation, normalization, seed, shown.classes.count)
      return variant.groundTruth.map { LabelMap(width: variant.side, height: variant.side, labels: $0) }
    }
  }

  private func restart(_ epoch: Int, _ index: Int) {
    running = nil
    position = (epoch, index)
    let (dataset, augmentation, normalization, seed) = (dataset, augmentation, normalization, seed)
    running = OrderedPrefetch(order(epoch, index), threads: threads, ahead: samplesAhead) { visit in
      let sample = try dataset.load(dataset.items[visit.index])
      return Self.variant(of: sample, visit, augmentation, normalization, seed, dataset.classes.count)
    }
  }

  private func order(_ epoch: Int, _ index: Int) -> TrainingOrder {
    TrainingOrder(
      count: dataset.count, visitsPerEpoch: batchesPerEpoch * batchSize, seed: seed, part: part, batchSize: batchSize,
      epoch: epoch, visit: index * batchSize)
  }

  private static func variant(
    of sample: Sample, _ visit: TrainingOrder.Visit, _ augmentation: Augmentation,
    _ normalization: ChannelNormalization, _ seed: UInt64, _ classCount: Int
  ) -> TrainingSample {
    var stream = RandomStream(seed: seed, epoch: visit.epoch, index: visit.variant)
    return augmentation.augmented(sample, classCount: classCount, normalization, using: &stream)
  }
}

/// The batches of one epoch that are still to come.
package final class BatchSequence {
  private let loader: BatchLoader
  package let epoch: Int
  /// Index in the epoch of the batch that `next` returns next.
  package private(set) var nextIndex: Int

  init(_ loader: BatchLoader, epoch: Int, nextIndex: Int) {
    self.loader = loader
    self.epoch = epoch
    self.nextIndex = nextIndex
  }

  /// The next batch, or nil at the end of the epoch.
  ///
  /// Throws what loading one of its images threw; the same batch is tried again by the next call.
  package func next() throws -> Batch? {
    guard nextIndex < loader.batchesPerEpoch else { return nil }
    let batch = try loader.batch(epoch: epoch, index: nextIndex)
    nextIndex += 1
    return batch
  }
}

/// The order in which training visits the images of a data set, without end: a permutation for each epoch, and further
/// ones where an epoch has more visits than there are images. A process may take a part of each batch.
struct TrainingOrder: Sequence, Sendable {
  /// One visit: which image, and in which epoch, so that its variant can be derived.
  struct Visit: Sendable, Equatable {
    let epoch: Int
    let index: Int
    /// Number of the variant within the epoch: `index` for the image's first visit.
    let variant: Int
  }

  /// Number of images in the data set.
  let count: Int
  /// Number of images visited in each epoch; the rest of the permutation is dropped.
  let visitsPerEpoch: Int
  let seed: UInt64
  /// The visits to return of every `batchSize` consecutive ones.
  let part: Range<Int>
  let batchSize: Int
  /// The epoch to begin in.
  let epoch: Int
  /// The visit of that epoch to begin at.
  let visit: Int

  /// Index reserved for the stream of an epoch's first permutation; further ones have the numbers below.
  private static let shuffleIndex = -1

  func makeIterator() -> Iterator { Iterator(order: self) }

  struct Iterator: IteratorProtocol {
    private let order: TrainingOrder
    private var epoch: Int
    private var visit: Int
    private var round = 0
    private var permutation: [Int]

    init(order: TrainingOrder) {
      self.order = order
      (epoch, visit) = (order.epoch, order.visit)
      round = visit / order.count
      permutation = Iterator.permutation(order, epoch, round)
    }

    mutating func next() -> Visit? {
      while !order.part.contains(visit % order.batchSize) { visit += 1 }
      // An epoch has whole batches, so that positions in a batch continue into the next epoch.
      if visit >= order.visitsPerEpoch {
        (epoch, visit) = (epoch + 1, visit - order.visitsPerEpoch)
        round = -1
      }
      if visit / order.count != round {
        round = visit / order.count
        permutation = Iterator.permutation(order, epoch, round)
      }
      defer { visit += 1 }
      let index = permutation[visit % order.count]
      return Visit(epoch: epoch, index: index, variant: round * order.count + index)
    }

    private static func permutation(_ order: TrainingOrder, _ epoch: Int, _ round: Int) -> [Int] {
      var stream = RandomStream(seed: order.seed, epoch: epoch, index: shuffleIndex - round)
      return stream.permutation(order.count)
    }
  }
}

extension SegmentationDataset {
  /// The samples of the data set in list order, decoded ahead on `threads` threads; for evaluation.
  package func prefetched(
    threads: Int = 1, ahead: Int = 4
  ) -> OrderedPrefetch<SegmentationDataset.Item, Sample> {
    OrderedPrefetch(items, threads: threads, ahead: ahead) { try self.load($0) }
  }
}
