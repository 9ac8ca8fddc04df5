import Batches
import Images
import Networks
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

/// Frozen features of photographs, as the network sees them in prediction.
public struct FeatureSource {
  private let network: FrozenFeaturesInference
  private let device: Device
  /// The longer side, in pixels, that larger photographs are reduced to first; nil for none.
  private let maxSide: Int?

  /// The backbone is folded once, here.
  public init(_ network: FrozenFeaturesNetwork, maxSide: Int? = nil) throws {
    self.network = try network.foldedBackbone()
    self.maxSide = maxSide
    device = network.store.device
  }

  /// Features of a photograph, or of its mirror image.
  public func features(of photograph: Image, mirrored: Bool = false) throws -> FrozenFeatures {
    let image = try network.architecture.normalization.tensor(from: photograph.reduced(toSide: maxSide)).to(device)
    return try network.encode(mirrored ? image.flipped([3]) : image)
  }

  /// Strokes at the size at which features see their photograph.
  public func reduced(_ strokes: LabelMap) -> LabelMap { strokes.reduced(toSide: maxSide, keepingStrokes: true) }

  /// The class scores of a photograph from its features, with the head as it is now.
  public func scores(of features: FrozenFeatures) throws -> GridScores { try network.scores(of: features) }
}

/// Draws rows of samples for a step: scribbled ones by class, classes by the root of their numbers of samples.
///
/// A class with n samples is drawn as often as n * 1/sqrt(n) says, and all its samples alike, so that small classes are
/// seen more often than they occur, and large ones still most.
struct SampleDraw {
  /// A group of rows by label, and how often each label is to come.
  private struct Group {
    var rows: [[Int]] = []
    /// Sums of the weights up to each label.
    var bounds: [Double] = []

    init(_ byLabel: [Int: [Int]]) {
      var sum = 0.0
      for label in byLabel.keys.sorted() {
        guard let members = byLabel[label] else { continue }
        sum += Double(members.count).squareRoot()
        rows.append(members)
        bounds.append(sum)
      }
    }

    func draw(using stream: inout RandomStream) -> Int {
      let place = stream.uniform() * (bounds.last ?? 0)
      let label = bounds.firstIndex { place < $0 } ?? bounds.count - 1
      return rows[label][stream.integer(below: rows[label].count)]
    }
  }

  private let all: Group
  /// Those of photographs whose strokes are new.
  private let new: Group
  private let newShare: Double
  private let unlabelled: [Int]

  init(_ rows: [FeatureSamples.Row?], new numbers: Set<Int>, newShare: Double) {
    var (all, new): ([Int: [Int]], [Int: [Int]]) = ([:], [:])
    var unlabelled: [Int] = []
    for (place, row) in rows.enumerated() {
      guard let row else { continue }
      if let label = row.label {
        all[label, default: []].append(place)
        if numbers.contains(row.photograph) { new[label, default: []].append(place) }
      } else {
        unlabelled.append(place)
      }
    }
    (self.all, self.new, self.unlabelled) = (Group(all), Group(new), unlabelled)
    self.newShare = new.isEmpty ? 0 : newShare
  }

  /// Places of so many scribbled samples.
  func labelled(_ count: Int, using stream: inout RandomStream) -> [Int] {
    let fresh = Int(Double(count) * newShare)
    return (0..<count).map { $0 < fresh ? new.draw(using: &stream) : all.draw(using: &stream) }
  }

  /// Places of so many unlabelled samples; none where there are none.
  func unlabelled(_ count: Int, using stream: inout RandomStream) -> [Int] {
    unlabelled.isEmpty ? [] : (0..<count).map { _ in unlabelled[stream.integer(below: unlabelled.count)] }
  }
}
