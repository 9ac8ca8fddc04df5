import Batches
import Images
import Tensors

/// Features at pixels of many photographs, in float16, from which a fit draws.
///
/// They lie in blocks, so that photographs can be added without moving those that are there. What a photograph that was
/// replaced leaves behind is used again.
struct FeatureSamples {
  /// A pixel: the photograph's number, and the class that was drawn there; nil where nothing was.
  struct Row: Sendable, Equatable {
    let photograph: Int
    let label: Int?
  }

  /// Rows of features per block.
  private static let blockSize = 4096

  private let channels: Int
  private var blocks: [Tensor] = []
  /// Nil where a row is free.
  private(set) var rows: [Row?] = []
  private var free: [Int] = []

  init(channels: Int) { self.channels = channels }

  /// Adds features `[K, channels]` of so many rows.
  mutating func add(_ features: Tensor, _ added: [Row]) throws(TorchError) {
    precondition(features.shape == [added.count, channels], "every row has features")
    while free.count < added.count {
      blocks.append(try .uninitialized([Self.blockSize, channels], .float16))
      free += (rows.count..<rows.count + Self.blockSize).reversed()
      rows += repeatElement(nil, count: Self.blockSize)
    }
    let places = added.map { row in
      let place = free.removeLast()
      rows[place] = row
      return place
    }
    let narrow = try features.to(.cpu).to(.float16)
    for (block, members) in Self.byBlock(places) {
      let index = try Tensor(members.map { Int64(places[$0] % Self.blockSize) }, [members.count])
      try blocks[block].setRows(at: index, to: narrow.indexed(0, Tensor(members.map(Int64.init), [members.count])))
    }
  }

  /// Frees the rows of a photograph.
  mutating func remove(_ photograph: Int) {
    for place in rows.indices where rows[place]?.photograph == photograph {
      rows[place] = nil
      free.append(place)
    }
  }

  /// Features in float32, `[K, channels]`, of places of several kinds, kind after kind; within a kind the rows come in
  /// the order of the places that are returned with them.
  func features(at kinds: [Int]...) throws(TorchError) -> (features: Tensor, places: [Int]) {
    var parts: [Tensor] = []
    var order: [Int] = []
    for places in kinds {
      for (block, members) in Self.byBlock(places) {
        let index = try Tensor(members.map { Int64(places[$0] % Self.blockSize) }, [members.count])
        parts.append(try blocks[block].indexed(0, index))
        order += members.map { places[$0] }
      }
    }
    return (try Tensor.concatenated(parts, 0).to(.float32), order)
  }

  /// Indices of places by the block that they lie in, in ascending order.
  private static func byBlock(_ places: [Int]) -> [(block: Int, members: [Int])] {
    Dictionary(grouping: places.indices) { places[$0] / blockSize }
      .sorted { $0.key < $1.key }.map { (block: $0.key, members: $0.value) }
  }
}

extension LabelMap {
  /// The pixel in the mirror image of one that is counted in row order.
  func mirrored(_ pixel: Int) -> Int { pixel - pixel % width + width - 1 - pixel % width }

  /// Some pixels of every class that is drawn, and some where nothing is: at most these numbers, drawn at random with
  /// replacement.
  func samplePixels(
    perClass: Int, unlabelled: Int, using stream: inout RandomStream
  ) -> [(pixel: Int, label: Int?)] {
    var pixels: [[Int]] = Array(repeating: [], count: 256)
    for (pixel, label) in labels.enumerated() { pixels[Int(label)].append(pixel) }
    var samples: [(pixel: Int, label: Int?)] = []
    for (label, members) in pixels.enumerated() where !members.isEmpty {
      let isDrawn = label != Int(Label.ignored)
      let count = isDrawn ? perClass : unlabelled
      let chosen =
        members.count <= count
        ? members : (0..<count).map { _ in members[stream.integer(below: members.count)] }
      samples += chosen.map { (pixel: $0, label: isDrawn ? label : nil) }
    }
    return samples
  }
}
