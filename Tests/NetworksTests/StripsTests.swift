import Layers
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("Strips of an image")
struct StripsTests {
  /// Of probabilities, and of logits relative to the largest.
  static let float32Tolerance = 1e-4
  static let float64Tolerance = 1e-9

  private func network(_ backbone: BackboneDescription, _ type: ElementType) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: backbone, classCount: 4, decoderWidth: 8)
    let network = try BLPSeg(configuration, ParameterStore(type: type))
    // Fresh weights make scores of thousands, which saturate every probability.
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    return network
  }

  private func scores(_ network: BLPSeg, _ image: Tensor, stripArea: Int) throws -> NetworkScores {
    let inference = network.inference
    return try inference.scores(of: inference.encode(image, stripArea: stripArea), withScribbles: true)
  }

  /// Compares results computed whole with those of strips of 16 rows of the grid, the fewest possible.
  private func compare(_ network: BLPSeg, _ image: Tensor, _ tolerance: Double) throws {
    let whole = try withInference { try network(image, .evaluation) }
    let strips = try scores(network, image, stripArea: 1)
    let scribbles = try #require(strips.scribbles)
    let pairs = try [
      ("classes", strips.classes.logits(0..<image.shape[2]), whole.logits()),
      ("scribbles", scribbles.logits(0..<image.shape[2]), whole.scribbleLogits()),
    ]
    for (name, found, expected) in pairs {
      let probability = try Closeness(found.softmax(1), expected.softmax(1))
      let logits = try Closeness(found, expected)
      print("\(network.configuration.backbone) \(image.type) \(image.shape) \(name): \(probability); logits: \(logits)")
      #expect(probability.worst.isWithin(tolerance), "\(name): \(probability)")
      #expect(logits.relative.isWithin(tolerance), "logits of \(name): \(logits)")
    }
  }

  @Test(
    "give the probabilities of the whole image, whatever the backbone and the remainder of its sides",
    arguments: Backbones.all, [(333, 61), (330, 62), (335, 64), (256, 35)])
  func whole(backbone: BackboneDescription, size: (height: Int, width: Int)) throws {
    let image = try Tensor.normal([1, 3, size.height, size.width], .float64, Generator(seed: 5))
    try compare(network(backbone, .float64), image, Self.float64Tolerance)
  }

  @Test("give them in float32, for a whole photograph and for several images", arguments: Backbones.all)
  func float32(backbone: BackboneDescription) throws {
    let network = try network(backbone, .float32)
    for shape in [[1, 3, 333, 517], [2, 3, 150, 66]] {
      try compare(network, Tensor.normal(shape, .float32, Generator(seed: 5)), Self.float32Tolerance)
    }
  }

  @Test("do not change an image that is one strip")
  func single() throws {
    let network = try network(.resnet18, .float32)
    let image = try Tensor.normal([1, 3, 75, 93], .float32, Generator(seed: 5))
    let whole = try withInference { try network(image, .evaluation) }
    let inference = network.inference
    #expect(try inference.scores(of: inference.encode(image)).scores.floats() == whole.aggregated.floats())
    let scribbles = try #require(try scores(network, image, stripArea: RowStrips.area).scribbles)
    #expect(try scribbles.scores.floats() == whole.scribbleScores.floats())
  }

  @Test("of an encoding that is kept give the same scores again")
  func encodedOnce() throws {
    let inference = try network(.efficientNetLite0, .float32).inference
    let image = try Tensor.normal([1, 3, 150, 66], .float32, Generator(seed: 5))
    let encoded = try inference.encode(image, stripArea: 1)
    let first = try inference.scores(of: encoded)
    let second = try inference.scores(of: encoded, withScribbles: true)
    #expect(try first.scores.floats() == second.classes.scores.floats())
    #expect((encoded.height, encoded.width) == (150, 66))
  }

  @Test("are even, cover all rows once, and have at least 16 of them where there are several")
  func ranges() {
    for (height, width, area) in [(1, 1, 1), (83, 130, 1), (83, 130, 3000), (1000, 750, 1 << 16), (17, 9, 1 << 20)] {
      let ranges = RowStrips(height: height, width: width, area: area).ranges
      #expect(ranges.flatMap { Array($0) } == Array(0..<height))
      let counts = ranges.map(\.count)
      #expect(counts.max()! - counts.min()! <= 1)
      #expect(counts.max()! <= max(16, area / width))
    }
  }
}
