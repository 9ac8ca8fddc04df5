import Checkpoints
import Foundation
import Layers
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("A feature pyramid")
struct FeaturePyramidTests {
  /// Relative to the largest magnitude of each tensor.
  static let tolerance = 1e-5

  private func network(
    classes: Int = 4, tagWeight: Double = 1, localAggregation: Bool = false
  ) throws -> FeaturePyramid {
    let configuration = FeaturePyramidConfiguration(
      classCount: classes, width: 16, tagWeight: tagWeight, localAggregation: localAggregation)
    let network = try FeaturePyramid(configuration, ParameterStore(seed: 4))
    try network.loadBackbone(try WeightsFile.read(EfficientNetLiteTests.weights(0)).map { ($0.name, $0.tensor) })
    // The last layers start at zero, where all would be equal.
    let generator = try Generator(seed: 6)
    for entry in network.store.parameters where try entry.tensor.magnitude().sum().item() == 0 {
      try withoutGradient { try entry.tensor.copy(from: Tensor.normal(entry.tensor.shape, .float32, generator) * 0.1) }
    }
    return network
  }

  private func images(_ count: Int = 1, _ height: Int, _ width: Int) throws -> Tensor {
    try Tensor.normal([count, 3, height, width], .float32, Generator(seed: 7)) * 0.5
  }

  @Test("scores lie on the grid of stride 4, whatever the size", arguments: [(64, 96), (37, 50), (9, 5), (1, 1)])
  func shapes(height: Int, width: Int) throws {
    for localAggregation in [false, true] {
      let network = try network(localAggregation: localAggregation)
      let output = try network(images(2, height, width), .training)
      let grid = [(height + 3) / 4, (width + 3) / 4]
      #expect(output.aggregated.shape == [2, 4] + grid && output.scribbleScores.shape == [2, 5] + grid)
      #expect(output.tagLogits?.shape == [2, 4])
      #expect(try output.logits().shape == [2, 4, height, width])
      #expect(try output.aggregated.isAllFinite())
    }
  }

  @Test("folded for prediction it is the same function, with the tags' scores added", arguments: [false, true])
  func folding(localAggregation: Bool) throws {
    let images = try images(1, 45, 70)
    for weight in [0, 0.5] {
      let network = try network(tagWeight: weight, localAggregation: localAggregation)
      try #require(network.seenPhotographs).copy(from: Tensor([8.0, 2, 0, 5, 8], [5]))
      let scores = try network.folded().scores(ofImages: images, stripArea: 1 << 30, withScribbles: true)
      let whole = try withoutGradient { try network(images, .evaluation.plain) }
      let logits = try #require(whole.tagLogits).doubles()
      // log of the probability, less the log of the share of photographs as if there were two more, one with the class.
      let shares = [1, 3.0 / 10, 1.0 / 10, 6.0 / 10]
      let tags = (0..<4).map { $0 == 0 ? 0 : -log(1 + exp(-logits[$0])) - log(shares[$0]) }
      let expected = try whole.aggregated + Tensor(tags.map { Float($0 * weight) }, [1, 4, 1, 1])
      let closeness = try Closeness(scores.classes.scores, expected)
      #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
      let scribbles = try Closeness(#require(scores.scribbles).scores, whole.scribbleScores)
      #expect(scribbles.relative.isWithin(Self.tolerance), "\(scribbles)")
    }
  }

  @Test("training leaves the statistics of batch normalisation as they are, and uses them") func statistics() throws {
    let network = try network()
    let buffers = network.store.entries.filter { $0.kind == .buffer }
    let before = try buffers.map { try $0.tensor.bytes() }
    let images = try images(1, 40, 48)
    // Dropout of 0, so that training and evaluation differ in nothing else.
    var configuration = network.configuration
    configuration.dropout = 0
    let still = try FeaturePyramid(configuration, ParameterStore())
    try still.load(network.store.entries.map { ($0.name, $0.tensor) })
    let learning = try still(images, .training)
    let evaluated = try still(images, .evaluation.plain)
    let closeness = try Closeness(learning.aggregated.detached(), evaluated.aggregated.detached())
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
    _ = try network(images, .training)
    #expect(try buffers.map { try $0.tensor.bytes() } == before)
  }

  @Test("a frozen backbone gets no gradient, and everything else does") func frozenBackbone() throws {
    let network = try network()
    func withGradient(_ mode: Mode) throws -> Set<String> {
      for entry in network.store.parameters { entry.tensor.clearGradient() }
      let output = try network(images(2, 32, 40), mode)
      try (output.aggregated.sum() + output.scribbleScores.sum() + #require(output.tagLogits).sum()).backward()
      return Set(network.store.parameters.filter { $0.tensor.gradient != nil }.map(\.name))
    }
    let all = Set(network.store.parameters.map(\.name))
    #expect(try withGradient(.training) == all)
    #expect(try withGradient(.training.withFrozenBackbone) == all.filter { !$0.hasPrefix("backbone.") })
  }

  @Test("no gradient passes from the scribble scores into the pyramid") func detachedScribbles() throws {
    let network = try network()
    try network(images(1, 32, 40), .training).scribbleScores.sum().backward()
    let reached = Set(network.store.parameters.filter { $0.tensor.gradient != nil }.map(\.name))
    #expect(reached == ["pyramid.scribbles.weight", "pyramid.scribbles.bias"])
  }

  @Test("a copy has the same weights and is trained apart") func copy() throws {
    let network = try network()
    let copy = try network.copy()
    let images = try images(1, 24, 24)
    func scores(_ network: FeaturePyramid) throws -> [Double] {
      try withoutGradient { try network(images, .evaluation).aggregated.doubles() }
    }
    let before = try scores(network)
    #expect(try scores(copy) == before)
    try withoutGradient { try #require(copy.store["pyramid.classes.weight"]).fill(0) }
    #expect(try scores(network) == before)
  }

  @Test("the configuration follows from names and shapes", arguments: [false, true])
  func inference(localAggregation: Bool) throws {
    let network = try network(classes: 7, localAggregation: localAggregation)
    let shapes = Dictionary(uniqueKeysWithValues: network.store.entries.map { ($0.name, $0.tensor.shape) })
    #expect(FeaturePyramidConfiguration.recognises(shapes))
    #expect(try FeaturePyramidConfiguration(inferredFrom: shapes) == network.configuration)
    var damaged = shapes
    damaged["pyramid.classes.weight"] = [7]
    #expect(throws: UnknownNetwork.self) { try FeaturePyramidConfiguration(inferredFrom: damaged) }
    damaged["pyramid.classes.weight"] = [7, 1 << 40, 1, 1]
    #expect(throws: UnknownNetwork.self) { try FeaturePyramidConfiguration(inferredFrom: damaged) }
    let bare = shapes.filter { !$0.key.hasPrefix("backbone.") }
    #expect(throws: UnknownNetwork.self) { try FeaturePyramidConfiguration(inferredFrom: bare) }
  }
}
