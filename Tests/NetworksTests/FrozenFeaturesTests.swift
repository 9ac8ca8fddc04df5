import Checkpoints
import Layers
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("Frozen features of EfficientNet-Lite0")
struct FrozenFeaturesTests {
  /// Relative to the largest magnitude of each tensor.
  static let tolerance = 1e-5
  /// Half of float16's spacing: 11 bits.
  static let halfPrecision = 1.0 / 2048

  private let weights: [(name: String, tensor: Tensor)]

  init() throws { weights = try WeightsFile.read(EfficientNetLiteTests.weights(0)).map { ($0.name, $0.tensor) } }

  private func network(
    scales: [Double] = [1], tagWeight: Double = 0, classes: Int = 5
  ) throws -> FrozenFeaturesNetwork {
    let configuration = FrozenFeaturesConfiguration(
      classCount: classes, width: 16, scales: scales, tagWeight: tagWeight)
    let network = try FrozenFeaturesNetwork(configuration, ParameterStore(seed: 4))
    try network.loadBackbone(weights)
    return network
  }

  /// The features that the same backbone has as a part of a network that is trained.
  private func trainable(_ image: Tensor) throws -> [Tensor] {
    let configuration = BLPSegConfiguration(backbone: .efficientNetLite0, classCount: 3, decoderWidth: 8)
    let network = try BLPSeg(configuration, ParameterStore())
    try network.loadBackbone(weights)
    return try withInference { try network.features(image, .evaluation) }
  }

  private func image(_ height: Int, _ width: Int) throws -> Tensor {
    try Tensor.normal([1, 3, height, width], .float32, Generator(seed: 7)) * 0.5
  }

  @Test("strides 8 and 16 are those of the trainable network", arguments: [(96, 160), (75, 93)])
  func sharedStages(height: Int, width: Int) throws {
    let image = try image(height, width)
    let features = try network().folded().encode(image)
    let expected = try trainable(image)
    #expect(features.levels.map { $0.shape[1] } == [40, 112, 1280])
    #expect(features.levels[2].shape[2...] == features.levels[1].shape[2...])
    for (found, expected) in [(features.levels[0], expected[1]), (features.levels[1], expected[2])] {
      #expect(found.shape == expected.shape)
      let closeness = try Closeness(found, expected)
      #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
    }
  }

  /// On grids of even sides, position i of stride 32 has its centre on position 2 i + 1 of stride 16, zeros around the image
  /// included.
  @Test("at every second position the last level is _conv_head on the trainable network's stride 32")
  func dilation() throws {
    let image = try image(96, 160)
    let network = try network()
    let found = try network.folded().encode(image).levels[2].sliced(2, 1, 6, step: 2).sliced(3, 1, 10, step: 2)
    func tensor(_ name: String) throws -> Tensor { try #require(network.store["backbone.\(name)"]) }
    let expected = try withInference {
      try trainable(image)[3].convolved(tensor("_conv_head.weight"), nil, stride: 1, padding: 0, groups: 1)
        .batchNormalized(
          tensor("_bn1.weight"), tensor("_bn1.bias"), mean: tensor("_bn1.running_mean"),
          variance: tensor("_bn1.running_var"), training: false, momentum: 0, epsilon: 1e-3
        ).activated(by: .relu6)
    }
    #expect(found.shape == expected.shape)
    let closeness = try Closeness(found, expected)
    #expect(closeness.magnitude > 1)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("samples are the pixels of the upsampled levels") func samples() throws {
    let features = try network(scales: [1, 0.5]).folded().encode(image(50, 70))
    #expect(features.levels.count == 6)
    let pixels = [0, 69, 70, 1234, 50 * 70 - 1]
    let samples = try features.samples(at: pixels)
    let upsampled = try Tensor.concatenated(features.levels.map { try $0.resizedBilinear(height: 50, width: 70) }, 1)
      .reshaped([2 * 1432, 50 * 70])
    let expected = try upsampled.indexed(1, Tensor(pixels.map(Int64.init), [pixels.count])).permuted([1, 0])
    #expect(samples.shape == expected.shape)
    let closeness = try Closeness(samples, expected)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("narrowed features take half the memory and are rounded to 11 bits") func narrowed() throws {
    let features = try network().folded().encode(image(64, 64))
    let narrow = try features.narrowed()
    #expect(narrow.byteCount * 2 == features.byteCount)
    for (found, exact) in zip(narrow.levels, features.levels) {
      let closeness = try Closeness(found.to(.float32), exact)
      #expect(closeness.relative.isWithin(Self.halfPrecision), "\(closeness)")
    }
  }

  @Test("scores on a grid are those of the head at the upsampled levels") func gridScores() throws {
    let network = try network(scales: [1, 0.5])
    try randomize(network)
    let inference = try network.folded()
    let features = try inference.encode(image(64, 96))
    let scores = try inference.scores(of: features).scores
    #expect(scores.shape == [1, 5, 16, 24])
    let samples = try Tensor.concatenated(features.levels.map { try $0.resizedBilinear(height: 16, width: 24) }, 1)
      .reshaped([2 * 1432, 16 * 24]).permuted([1, 0])
    let expected = try withoutGradient { try network.head(samples).permuted([1, 0]) }
    let closeness = try Closeness(scores.reshaped([5, 16 * 24]), expected)
    #expect(closeness.magnitude > 0.1)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("what the whole photograph tells is added to the scores of all classes but the background") func tags() throws {
    let (with, without) = (try network(tagWeight: 1.5), try network())
    for network in [with, without] { try randomize(network) }
    let image = try image(64, 96)
    let features = try with.folded().encode(image)
    let scores = try (
      with: with.folded().scores(of: features).scores, without: without.folded().scores(of: features).scores
    )
    let difference = try (scores.with - scores.without).mean([0, 2, 3])
    let prior = try #require(with.store["tags.prior"])
    let tags = try withoutGradient { try ((-(-with.tags(features.pooled)).softplus()).selected(0, 0) - prior) * 1.5 }
    let expected = [0] + (try tags.doubles()).dropFirst()
    let closeness = try Closeness(difference, expected)
    #expect(closeness.magnitude > 0.1)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("weights that lack _conv_head are refused with its name") func lacking() throws {
    let network = try FrozenFeaturesNetwork(FrozenFeaturesConfiguration(classCount: 3, width: 8), ParameterStore())
    let error = #expect(throws: ParameterMismatch.self) {
      try network.loadBackbone(weights.filter { !$0.name.hasPrefix("_conv_head") })
    }
    #expect(error?.missing == ["backbone._conv_head.weight"])
  }

  @Test("the configuration is inferred from names and shapes") func inferred() throws {
    let network = try network(scales: [1, 0.5], classes: 7)
    let shapes = Dictionary(uniqueKeysWithValues: network.store.entries.map { ($0.name, $0.tensor.shape) })
    #expect(FrozenFeaturesConfiguration.recognises(shapes))
    var expected = network.configuration
    expected.tagWeight = FrozenFeaturesConfiguration().tagWeight
    #expect(try FrozenFeaturesConfiguration(inferredFrom: shapes) == expected)
    var damaged = shapes
    damaged["head.hidden.weight"] = [16, 1433]
    #expect(throws: UnknownNetwork.self) { try FrozenFeaturesConfiguration(inferredFrom: damaged) }
  }

  /// Gives the head and the classifier of tags weights and standardisations that are nowhere near 0 and 1.
  private func randomize(_ network: FrozenFeaturesNetwork) throws {
    let generator = try Generator(seed: 9)
    try withoutGradient {
      for entry in network.store.entries where !entry.name.hasPrefix("backbone.") {
        let numbers = try Tensor.normal(entry.tensor.shape, .float32, generator) * 0.05
        try entry.tensor.copy(from: entry.name.hasSuffix("deviation") ? numbers + 1 : numbers)
      }
    }
  }
}
