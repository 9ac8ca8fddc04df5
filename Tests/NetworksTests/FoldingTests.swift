import Layers
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("A folded network")
struct FoldingTests {
  /// What a unit of roundings is allowed to be, relative to the largest magnitude of each tensor: a bound that allowed
  /// everything would show nothing.
  static let largestEffect = (float32: 2e-5, float64: 1e-13)

  /// A network whose normalisations are nowhere near 0 and 1.
  private func network(
    _ backbone: BackboneDescription, _ type: ElementType = .float32, width: Int = 16
  ) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: backbone, classCount: 5, decoderWidth: width)
    let network = try BLPSeg(configuration, ParameterStore(type: type))
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    let generator = try Generator(seed: 3)
    try withoutGradient {
      for entry in network.store.entries {
        let shape = entry.tensor.shape
        if entry.name.hasSuffix("running_mean") {
          try entry.tensor.copy(from: Tensor.normal(shape, .float64, generator) * 0.4)
        } else if entry.name.hasSuffix("running_var") {
          try entry.tensor.copy(from: Tensor.uniform(shape, .float64, generator) * 2 + 0.1)
        }
      }
    }
    return network
  }

  private func image(_ height: Int, _ width: Int, _ type: ElementType = .float32) throws -> Tensor {
    try Tensor.normal([2, 3, height, width], .float64, Generator(seed: 5)).to(type)
  }

  /// All that a network says about an image, with names for messages.
  private func outputs(
    _ network: BLPSegInference, _ image: Tensor, _ execution: Execution = .fast
  ) throws -> [(name: String, tensor: Tensor)] {
    let features = try network.features(image, execution).enumerated().map { ("feature \($0)", $1) }
    let output = try network(image, execution)
    return try features + [
      ("decoded", output.decoded), ("scores", output.scores), ("aggregated", output.aggregated),
      ("scribble scores", output.scribbleScores), ("logits", withInference { try output.logits() }),
    ]
  }

  /// Networks with every parameter off by one rounding.
  private func moved(_ network: BLPSeg) throws -> [BLPSeg] {
    let unit = network.store.type == .float64 ? 0x1p-53 : Roundings.float32
    return try (1...2).map { try network.moved(by: 2 * unit, seed: $0) }
  }

  /// How far the outputs of these networks lie from the network's, relative to the largest magnitude of each.
  private func effectOfRoundings(_ moved: [BLPSeg], _ network: BLPSeg, _ image: Tensor) throws -> Double {
    let exact = try outputs(network.inference, image)
    let differences = try moved.flatMap { moved in
      try zip(outputs(moved.inference, image), exact).map { try Closeness($0.tensor, $1.tensor).relative }
    }
    return try #require(differences.max())
  }

  private func compare(_ network: BLPSeg, _ moved: [BLPSeg], _ image: Tensor, largestEffect: Double) throws {
    let folded = try network.folded()
    let effect = try effectOfRoundings(moved, network, image)
    #expect(effect < largestEffect, "\(effect)")
    let tolerance = Roundings.multiple * effect
    var worst = (relative: 0.0, name: "")
    for (found, expected) in zip(try outputs(folded, image), try outputs(network.inference, image)) {
      #expect(found.tensor.shape == expected.tensor.shape, "\(expected.name)")
      #expect(found.tensor.type == expected.tensor.type, "\(expected.name)")
      let closeness = try Closeness(found.tensor, expected.tensor)
      #expect(closeness.magnitude > 0 && closeness.relative.isWithin(tolerance), "\(expected.name): \(closeness)")
      if closeness.relative >= worst.relative { worst = (closeness.relative, expected.name) }
    }
    print("\(network.configuration.backbone), \(image.shape), \(image.type): worst \(worst) of \(tolerance)")
  }

  @Test("differs by rounding alone, at sizes that divide and that do not", arguments: Backbones.all)
  func float32(backbone: BackboneDescription) throws {
    let network = try network(backbone)
    let moved = try moved(network)
    for (height, width) in [(64, 96), (75, 93), (1, 1), (5, 130)] {
      try compare(network, moved, image(height, width), largestEffect: Self.largestEffect.float32)
    }
  }

  @Test(
    "a normalisation folded wrongly by a thousandth is farther than roundings get",
    arguments: [BackboneDescription.resnet18, .efficientNetLite0])
  func mistake(backbone: BackboneDescription) throws {
    let (network, image) = (try network(backbone), try image(64, 96))
    let wrong = try network.copy()
    let variance = try #require(wrong.store.entries.first { $0.name.hasSuffix("running_var") }).tensor
    try withoutGradient { try variance.copy(from: variance * 1.001) }
    let differences = try zip(outputs(wrong.folded(), image), outputs(network.inference, image)).map {
      try Closeness($0.tensor, $1.tensor).relative
    }
    let tolerance = Roundings.multiple * (try effectOfRoundings(moved(network), network, image))
    #expect(try #require(differences.max()) > 2 * tolerance, "\(differences), \(tolerance)")
  }

  @Test(
    "differs by rounding alone in float64",
    arguments: [BackboneDescription.resnet18, .resnet50, .efficientNetLite0])
  func float64(backbone: BackboneDescription) throws {
    let network = try network(backbone, .float64)
    try compare(network, moved(network), image(75, 93, .float64), largestEffect: Self.largestEffect.float64)
  }

  /// In fast execution most 3x3 convolutions are computed by Winograd's algorithm here, in plain execution none.
  @Test("is near float64 at a photograph's size", arguments: [BackboneDescription.resnet34, .resnet101])
  func photograph(backbone: BackboneDescription) throws {
    let (single, exact) = (try network(backbone, width: 64), try network(backbone, .float64, width: 64))
    let expected = try outputs(exact.inference, image(189, 250, .float64))
    let effect = try effectOfRoundings(moved(single), single, image(189, 250))
    #expect(effect < Self.largestEffect.float32, "\(effect)")
    let folded = try single.folded()
    for (name, network, execution) in [
      ("fast", single.inference, Execution.fast), ("folded", folded, .fast), ("plain", single.inference, .plain),
      ("folded, plain", folded, .plain),
    ] {
      for (found, expected) in zip(try outputs(network, image(189, 250), execution), expected) {
        let closeness = try Closeness(found.tensor, expected.tensor)
        #expect(closeness.magnitude > 0, "\(expected.name)")
        #expect(closeness.relative.isWithin(Roundings.multiple * effect), "\(name), \(expected.name): \(closeness)")
        print("\(backbone), \(name), float32 beside float64, \(expected.name): \(closeness.relative)")
      }
    }
  }

  @Test(
    "computes in bfloat16 under autocast, as closely as the network itself",
    arguments: [BackboneDescription.resnet18, .resnet50, .efficientNetLite0])
  func autocast(backbone: BackboneDescription) throws {
    let (network, image) = (try network(backbone), try image(75, 93))
    func decoded(_ network: BLPSegInference, _ type: ElementType?) throws -> Tensor {
      try withAutocast(type, on: .cpu) { try network(image).decoded }
    }
    let exact = try decoded(network.inference, nil)
    let itself = try Closeness(decoded(network.inference, .bfloat16), exact)
    let folded = try decoded(network.folded(.bfloat16), .bfloat16)
    #expect(folded.type == .bfloat16)
    let closeness = try Closeness(folded, exact)
    print("\(backbone): unfolded \(itself.relative), folded \(closeness.relative)")
    // Both are the largest of many roundings drawn in another order, which differ by chance; by a factor of two only where
    // one of the two rounds more often.
    #expect(
      closeness.relative > 0 && closeness.relative.isWithin(2 * itself.relative), "\(closeness), itself: \(itself)")
  }

  @Test("keeps its weights while the network learns on", arguments: [ElementType.float32, .float64])
  func copies(type: ElementType) throws {
    let (network, image) = (try network(.resnet18, type), try image(32, 32, type))
    let folded = try network.folded()
    let before = try outputs(folded, image).map { try $0.tensor.doubles() }
    try withoutGradient {
      for entry in network.store.parameters where !entry.name.hasPrefix("embed_proj.") { try entry.tensor.fill(0.5) }
    }
    #expect(try outputs(folded, image).map { try $0.tensor.doubles() } == before)
    #expect(try outputs(network.folded(), image).map { try $0.tensor.doubles() } != before)
  }

  @Test("lets the network's memory go, and leaves its input alone", arguments: Backbones.all)
  func memory(backbone: BackboneDescription) throws {
    struct Weak { weak var tensor: Tensor? }
    func fold() throws -> (folded: BLPSegInference, tensors: [(name: String, Weak)]) {
      let network = try network(backbone)
      return (try network.folded(), network.store.entries.map { ($0.name, Weak(tensor: $0.tensor)) })
    }
    let (folded, tensors) = try fold()
    let kept = tensors.filter { $1.tensor != nil && !$0.hasPrefix("embed_proj.") }.map(\.name)
    #expect(kept == [])
    let image = try image(32, 48).contiguous(.channelsLast)
    let before = try image.floats()
    _ = try outputs(folded, image)
    #expect(try image.floats() == before)
  }
}
