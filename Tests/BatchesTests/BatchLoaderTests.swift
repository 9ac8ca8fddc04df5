import Batches
import Concurrency
import Datasets
import Files
import Images
import Tensors
import Testing

@Suite("Batch loading", .timeLimit(.minutes(1))) struct BatchLoaderTests {
  private static let plain = ChannelNormalization(mean: [0, 0, 0], deviation: [1, 1, 1])
  private static let augmentation = Augmentation(crop: 16)

  /// What a batch holds, comparable.
  private struct Contents: Equatable {
    let ids: [String]
    let image: [Float]
    let label: [Int64]
  }

  private func loader(
    _ tree: StripedTree, batchSize: Int = 3, seed: UInt64 = 9, threads: Int = 2, batchesAhead: Int = 2
  ) throws -> BatchLoader {
    try BatchLoader(
      tree.dataset(), Self.augmentation, Self.plain, batchSize: batchSize, seed: seed, threads: threads,
      batchesAhead: batchesAhead)
  }

  private func contents(_ batches: BatchSequence) throws -> [Contents] {
    var all: [Contents] = []
    while let batch = try batches.next() { all.append(try contents(batch)) }
    return all
  }

  private func contents(_ batch: Batch) throws -> Contents {
    Contents(ids: batch.ids, image: try batch.image.floats(), label: try batch.label.int64s())
  }

  @Test("A batch has the shapes and types that training expects") func shapes() throws {
    let tree = try StripedTree(count: 4)
    let batch = try #require(try loader(tree).epoch(0).next())
    #expect(batch.image.shape == [3, 3, 16, 16] && batch.image.type == .float32)
    #expect(batch.label.shape == [3, 16, 16] && batch.label.type == .int64)
    #expect(batch.classPresent.shape == [3, 3, 1, 1] && batch.classPresent.type == .float32)
    #expect(try batch.classPresent.floats() == [1, 1, 0, 1, 1, 0, 1, 1, 0])
    #expect(Set(try batch.label.int64s()).isSubset(of: [1, 3, 255]))
  }

  @Test("Tensors hold the images that the ids name") func ids() throws {
    let tree = try StripedTree(count: 8)
    for batch in try contents(loader(tree).epoch(2)) {
      for (i, id) in batch.ids.enumerated() {
        let blue = batch.image[(i * 3 + 2) * 256..<(i * 3 + 3) * 256]
        let inside = zip(blue, batch.label[i * 256..<(i + 1) * 256]).filter { $1 != 255 }.map(\.0)
        #expect(!inside.isEmpty && inside.allSatisfy { StripedTree.id(Int($0)) == id })
      }
    }
  }

  @Test("Labels are those of the samples, one image after the other") func labels() throws {
    let map = LabelMap(width: 2, height: 2, labels: [0, 1, 255, 2])
    let image = Image(width: 2, height: 2, pixels: Array(repeating: 1, count: 12))
    let sample = Sample(id: "a", image: image, scribbles: map, groundTruth: map)
    var stream = RandomStream(seed: 0, epoch: 0, index: 0)
    let still = Augmentation(flipProbability: 0, scale: 1...1, crop: 2)
    let training = still.augmented(sample, classCount: 3, Self.plain, using: &stream)
    #expect(training.groundTruth == [0, 1, 255, 2])
    let batch = try Batch([training, training])
    #expect(try batch.label.int64s() == [0, 1, 3, 2, 0, 1, 3, 2])
    #expect(batch.label.shape == [2, 2, 2])
  }

  @Test("The number of threads and of batches ahead changes nothing", arguments: [1, 2, 5], [1, 4])
  func threads(_ threads: Int, _ ahead: Int) throws {
    let tree = try StripedTree(count: 10)
    let expected = try contents(loader(tree, threads: 1, batchesAhead: 1).epoch(1))
    #expect(expected.count == 3)
    #expect(try contents(loader(tree, threads: threads, batchesAhead: ahead).epoch(1)) == expected)
  }

  @Test("Starting at a batch gives what a whole run gives from there", arguments: [0, 1, 2, 3])
  func resume(_ start: Int) throws {
    let tree = try StripedTree(count: 10)
    let whole = try contents(loader(tree).epoch(4))
    #expect(try contents(loader(tree).epoch(4, startingAt: start)) == Array(whole.dropFirst(start)))
  }

  @Test("Epochs run one after another are the same as epochs run alone") func epochs() throws {
    let tree = try StripedTree(count: 7)
    let running = try loader(tree)
    let inTurn = try (0..<3).map { try contents(running.epoch($0)) }
    let alone = try (0..<3).map { try contents(loader(tree).epoch($0)) }
    #expect(inTurn == alone)
    #expect(inTurn[0] != inTurn[1])
  }

  @Test("Two epochs may be read in turns") func interleaved() throws {
    let tree = try StripedTree(count: 6)
    let both = try loader(tree)
    let (first, second) = (both.epoch(0), both.epoch(1))
    var found: [Contents] = []
    for epoch in [first, second, first, second] { found.append(try contents(try #require(try epoch.next()))) }
    let (zero, one) = (try contents(loader(tree).epoch(0)), try contents(loader(tree).epoch(1)))
    #expect(found == [zero[0], one[0], zero[1], one[1]])
  }

  @Test("An epoch visits no image twice, and drops the incomplete batch") func visits() throws {
    let tree = try StripedTree(count: 11)
    let loader = try loader(tree, batchSize: 4)
    #expect(loader.batchesPerEpoch == 2)
    for epoch in 0..<4 {
      let ids = try contents(loader.epoch(epoch)).flatMap(\.ids)
      #expect(ids.count == 8 && Set(ids).count == 8)
    }
  }

  @Test("Another seed gives another order") func seeds() throws {
    let tree = try StripedTree(count: 12)
    let orders = try [1, 2].map { try contents(loader(tree, seed: $0).epoch(0)).map(\.ids) }
    #expect(orders[0] != orders[1])
  }

  @Test("An image that cannot be read ends at its batch, with its name") func brokenImage() throws {
    let tree = try StripedTree(count: 6)
    let order = try contents(loader(tree).epoch(0)).map(\.ids)
    let path = tree.folder("images/\(order[1][2]).png")
    try tree.folder.write("images/\(order[1][2]).png", "no photograph")
    let batches = try loader(tree, threads: 3).epoch(0)
    #expect(try batches.next()?.ids == order[0])
    for _ in 0..<2 {
      let error = try #require(throws: FileError.self) { try batches.next() }
      #expect(error.path == path)
    }
  }

  @Test("Fewer images than a batch come again in other variants, as often as the others but once")
  func fewImages() throws {
    let tree = try StripedTree(count: 3)
    let few = try loader(tree, batchSize: 8)
    #expect(few.batchesPerEpoch == 1)
    let batches = try (0..<3).map { epoch in
      let all = try contents(few.epoch(epoch))
      #expect(all.count == 1)
      return all[0]
    }
    for batch in batches {
      let visits = Dictionary(grouping: batch.ids) { $0 }.mapValues(\.count)
      #expect(visits.count == 3 && visits.values.allSatisfy { $0 == 2 || $0 == 3 })
      // One image's variants differ.
      let variants = batch.ids.indices.map { Array(batch.image[$0 * 768..<($0 + 1) * 768]) }
      #expect(Set(variants).count == 8)
    }
    #expect(batches[0] != batches[1])
    #expect(try contents(loader(tree, batchSize: 8, threads: 1).epoch(2)) == [batches[2]])
  }

  @Test("Processes that share a batch larger than the data set load what one would") func fewImagesShared() throws {
    let tree = try StripedTree(count: 3)
    let whole = try contents(loader(tree, batchSize: 8).epoch(1))[0]
    for part in [0..<4, 4..<8] {
      let share = try BatchLoader(
        tree.dataset(), Self.augmentation, Self.plain, batchSize: 8, part: part, seed: 9, threads: 2)
      _ = try contents(share.epoch(0))
      let found = try contents(share.epoch(1))[0]
      #expect(found.ids == Array(whole.ids[part]))
      #expect(found.image == Array(whole.image[part.lowerBound * 768..<part.upperBound * 768]))
    }
  }

  @Test("Photographs are reduced with their labels before they are varied") func reduced() throws {
    let stroke = LabelMap(width: 200, height: 100, filledWith: Label.ignored)
    var scribbles = stroke
    for x in 0..<200 { scribbles.labels[33 * 200 + x] = 1 }
    scribbles.labels[0] = 2
    let image = Image(width: 200, height: 100, pixels: Array(repeating: 60, count: 60000))
    let sample = Sample(id: "a", image: image, scribbles: scribbles, groundTruth: stroke)
    var stream = RandomStream(seed: 0, epoch: 0, index: 0)
    let still = Augmentation(flipProbability: 0, scale: 1...1, crop: 100, maxSide: 100)
    let training = still.augmented(sample, classCount: 3, Self.plain, using: &stream)
    // 100 x 50 pixels, padded to a square.
    #expect(training.scribbles.count { $0 != Label.ignored } == 5000)
    #expect(training.scribbles.count { $0 == 1 } == 100)
    #expect(training.classPresent == [1, 1, 1])
    #expect(training.groundTruth?.count == 10000)
  }

  @Test("A data set without scribbles is reported") func unfit() throws {
    let tree = try StripedTree(count: 2)
    var layout = try tree.dataset().layout
    layout.scribbles = nil
    let bare = try SegmentationDataset(layout, classes: ClassList(["a", "b"]))
    let error = try #require(throws: FileError.self) {
      try BatchLoader(bare, Self.augmentation, Self.plain, batchSize: 1, seed: 0)
    }
    #expect(error.description.contains("no folder of scribbles"))
  }

  @Test("Whole photographs are decoded in list order") func evaluation() throws {
    let tree = try StripedTree(count: 5)
    let dataset = try tree.dataset()
    let samples = dataset.prefetched(threads: 2, ahead: 2)
    for item in dataset.items { #expect(try samples.next()?.id == item.id) }
    #expect(try samples.next() == nil)
  }
}
