import Layers
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("The network")
struct BLPSegTests {
  /// Between analytic and numeric derivatives, relative.
  static let gradientTolerance = 1e-5

  private func network(
    _ type: ElementType = .float32, localAggregation: Bool = true, dropout: Double = 0, unlabelledWeight: Double = 0.02
  ) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(
      backbone: .resnet18, classCount: 3, decoderWidth: 8, dropout: dropout, localAggregation: localAggregation)
    return try BLPSeg(configuration, ParameterStore(type: type, seed: 4), unlabelledWeight: unlabelledWeight)
  }

  @Test("the scribble head's gradient reaches the scribble head alone")
  func detachedHead() throws {
    let network = try network()
    let image = try Tensor.normal([2, 3, 64, 64], .float32, Generator(seed: 1))
    let logits = try network(image, .training).scribbleLogits()
    try (logits * logits).sum().backward()
    let reached = network.store.parameters.filter { $0.tensor.gradient != nil }.map(\.name)
    let head = ["0.weight", "2.weight", "4.weight", "4.bias"].map { "scribble_head.\($0)" }
    #expect(reached == head)
  }

  @Test("the class logits' gradient reaches everything but the scribble head")
  func classGradient() throws {
    let network = try network()
    let image = try Tensor.normal([2, 3, 64, 64], .float32, Generator(seed: 1))
    let logits = try network(image, .training).logits()
    try (logits * logits).sum().backward()
    for entry in network.store.parameters {
      #expect((entry.tensor.gradient == nil) == entry.name.hasPrefix("scribble_head."), "\(entry.name)")
    }
  }

  @Test("keeping all intermediate results changes neither outputs nor gradients nor running statistics")
  func withoutRecomputation() throws {
    let image = try Tensor.normal([2, 3, 64, 64], .float32, Generator(seed: 1))
    func trained(_ mode: Mode) throws -> (BLPSeg, logits: [Float]) {
      let network = try network()
      let logits = try network(image, mode).logits()
      try (logits * logits).sum().backward()
      return (network, try logits.floats())
    }
    let (expected, found) = (try trained(.training), try trained(.training.withoutRecomputation))
    #expect(found.logits == expected.logits)
    for (own, other) in zip(found.0.store.entries, expected.0.store.entries) {
      #expect(try own.tensor.gradient?.floats() == other.tensor.gradient?.floats(), "\(own.name)")
      guard own.tensor.type == .float32 else { continue }
      #expect(try own.tensor.floats() == other.tensor.floats(), "\(own.name)")
    }
  }

  @Test("images of any size give predictions of their size", arguments: [(37, 51), (32, 32), (1, 1), (5, 130)])
  func sizes(height: Int, width: Int) throws {
    let network = try network()
    let image = try Tensor.normal([2, 3, height, width], .float32, Generator(seed: 2))
    let prediction = try withInference { try network(image, .evaluation) }
    let grid = [(height + 3) / 4, (width + 3) / 4]
    #expect(prediction.decoded.shape == [2, 8] + grid)
    #expect(prediction.scores.shape == [2, 3] + grid)
    #expect(prediction.aggregated.shape == [2, 3] + grid)
    #expect(prediction.scribbleScores.shape == [2, 4] + grid)
    #expect(try network.shallowFeature(image).shape == [2, 8] + grid)
    let logits = try withInference { try prediction.logits() }
    #expect(logits.shape == [2, 3, height, width])
    #expect(try prediction.scribbleLogits().shape == [2, 4, height, width])
    #expect(try logits.isFinite().all().item() == 1)
  }

  @Test("without local aggregation the scores are not aggregated")
  func withoutAggregation() throws {
    let image = try Tensor.normal([1, 3, 48, 48], .float32, Generator(seed: 2))
    let plain = try withInference { try network(localAggregation: false)(image, .evaluation) }
    #expect(try plain.aggregated.floats() == plain.scores.floats())
    let aggregated = try withInference { try network()(image, .evaluation) }
    #expect(try aggregated.scores.floats() == plain.scores.floats())
    #expect(try aggregated.aggregated.floats() != aggregated.scores.floats())
  }

  @Test("an image's prediction does not depend on the others of the batch in evaluation")
  func independent() throws {
    let network = try network()
    let images = try Tensor.normal([3, 3, 45, 50], .float32, Generator(seed: 6))
    func logits(_ network: BLPSeg) throws -> Tensor {
      try withInference { try network(images, .evaluation).logits() }
    }
    let together = try logits(network)
    // A batch may be added up in another order.
    let effect = try Roundings.effect { seed in
      try Closeness(logits(network.moved(by: Roundings.float32, seed: seed)), together).relative
    }
    #expect(effect < 1e-4)
    for index in 0..<3 {
      let alone = try withInference { try network(images.sliced(0, index, index + 1), .evaluation).logits() }
      let closeness = try Closeness(alone, together.sliced(0, index, index + 1))
      #expect(closeness.relative.isWithin(Roundings.multiple * effect), "\(index): \(closeness), \(effect)")
    }
  }

  @Test("evaluation changes no buffer, training counts a batch")
  func buffers() throws {
    let network = try network()
    let image = try Tensor.normal([2, 3, 64, 64], .float32, Generator(seed: 1))
    let buffers = network.store.entries.filter { $0.kind == .buffer }
    let before = try buffers.map { try $0.tensor.bytes() }
    _ = try withInference { try network(image, .evaluation) }
    #expect(try buffers.map { try $0.tensor.bytes() } == before)
    _ = try withoutGradient { try network(image, .training) }
    for entry in buffers where entry.name.hasSuffix("num_batches_tracked") {
      #expect(try entry.tensor.item() == 1, "\(entry.name)")
    }
  }

  @Test("the loss weights are 1 for every class and the given one for unlabelled")
  func lossWeights() throws {
    #expect(try network().scribbleClassWeight.floats() == [1, 1, 1, 0.02])
    #expect(try network(unlabelledWeight: 0.25).scribbleClassWeight.floats() == [1, 1, 1, 0.25])
  }

  @Test("one seed gives one network, another seed another")
  func seeds() throws {
    func first(_ seed: UInt64) throws -> [Float] {
      let configuration = BLPSegConfiguration(backbone: .resnet18, classCount: 3, decoderWidth: 8)
      let network = try BLPSeg(configuration, ParameterStore(seed: seed))
      return try network.store.parameters.flatMap { try $0.tensor.floats() }
    }
    let one = try first(1)
    #expect(try first(1) == one)
    #expect(try first(2) != one)
  }

  @Test("a copy is the same network with tensors of its own", arguments: [ElementType.float32, .float64])
  func copies(type: ElementType) throws {
    let network = try network(type, dropout: 0.1)
    let image = try Tensor.normal([2, 3, 64, 64], .float64, Generator(seed: 1)).to(type)
    // Running statistics that are not those of a fresh network.
    _ = try withoutGradient { try network(image, .training) }
    func contents(_ network: BLPSeg) throws -> [[UInt8]] { try network.store.entries.map { try $0.tensor.bytes() } }
    let (copy, before) = (try network.copy(), try contents(network))
    #expect(copy.configuration == network.configuration)
    #expect(copy.store.entries.map(\.name) == network.store.entries.map(\.name))
    #expect(copy.store.parameters.allSatisfy { $0.tensor.type == type && $0.tensor.requiresGradient })
    #expect(try contents(copy) == before)
    let logits = try withInference { try network(image, .evaluation).logits().doubles() }
    #expect(try withInference { try copy(image, .evaluation).logits().doubles() } == logits)
    try withoutGradient { for entry in copy.store.entries { try entry.tensor.fill(0) } }
    #expect(try contents(network) == before)
    #expect(try contents(copy) != before)
  }

  @Test("gradients agree with finite differences in float64")
  func finiteDifferences() throws {
    let network = try network(.float64)
    // Fresh weights make scores of thousands, along which nothing is smooth.
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    let generator = try Generator(seed: 8)
    let image = try Tensor.normal([2, 3, 32, 32], .float64, generator)
    let cotangent = try Tensor.normal([2, 3, 32, 32], .float64, generator)
    // The scribble head is left out: by design its gradient does not tell how the decoder's output changes it.
    func value() throws -> Tensor { try (network(image, .evaluation).logits() * cotangent).sum() }
    try value().backward()
    let names = [
      "backbone.conv1.weight", "backbone.layer2.0.conv2.weight", "backbone.layer3.0.downsample.1.weight",
      "backbone.layer4.1.bn2.bias", "ppm.stages.2.1.weight", "decoder.lateral_convs.1.0.weight",
      "decoder.fpn_convs.0.0.weight", "decoder.fpn_bottleneck.0.weight", "seg_head.2.weight",
      "embed_proj.proj.weight", "embed_proj.norm.bias", "embed_proj.conv.bias",
    ]
    for name in names {
      let parameter = try #require(network.store[name])
      let gradient = try #require(parameter.gradient).cloned()
      // Along the gradient itself the derivative is its norm.
      let analytic = try gradient.norm().item()
      let direction = try gradient / analytic
      let start = try parameter.detached().cloned()
      let reach = 1e-7
      func moved(_ step: Double) throws -> Double {
        try withoutGradient {
          try parameter.copy(from: start + direction * step)
          return try value().item()
        }
      }
      let numeric = try (moved(reach) - moved(-reach)) / (2 * reach)
      try withoutGradient { try parameter.copy(from: start) }
      #expect(abs(numeric - analytic).isWithin(Self.gradientTolerance * analytic), "\(name): \(numeric), \(analytic)")
    }
  }
}
