/// The order in which training visits the images of a data set, without end: a permutation for each epoch, and further
/// ones where an epoch has more visits than there are images. A process may want a part of each batch.
struct TrainingOrder: Sequence, Sendable {
  /// One visit: which image, and in which epoch, so that its variant can be derived.
  struct Visit: Sendable, Equatable {
    let epoch: Int
    let index: Int
    /// Stands for the variant among those of the epoch: the index where it is the image's first.
    let variant: Int
  }

  /// Number of images in the data set.
  let count: Int
  /// Number of images visited in each epoch; the rest of the permutation is dropped.
  let visitsPerEpoch: Int
  let seed: UInt64
  /// The visits of each `batchSize` in a row that are wanted.
  let part: Range<Int>
  let batchSize: Int
  /// The epoch to begin in.
  let epoch: Int
  /// The visit of that epoch to begin at.
  let visit: Int

  /// Stands where an image's variant stands in the streams of random numbers of the images, for the first permutation of
  /// an epoch; the others have the numbers below.
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
      // An epoch has whole batches, so that places in the batch go on into the next.
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
