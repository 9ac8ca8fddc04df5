import Layers
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("The shallow feature")
struct ShallowFeatureTests {
  /// Relative, in float64.
  static let tolerance = 1e-11

  /// A network as wide as the published one, whose layer normalisation has learnt something.
  private func network() throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: .resnet18, classCount: 3, decoderWidth: 256, dropout: 0)
    let network = try BLPSeg(configuration, ParameterStore(type: .float64, seed: 4))
    for (seed, name) in ["weight", "bias"].enumerated() {
      let parameter = try #require(network.store["embed_proj.norm.\(name)"])
      try withoutGradient {
        try parameter.copy(from: parameter + Tensor.normal([256], .float64, Generator(seed: UInt64(seed))) * 0.3)
      }
    }
    return network
  }

  @Test("is aggregated along in fewer coordinates with the results and gradients of the whole feature")
  func coordinates() throws {
    let network = try network()
    // Smooth, so that patches resemble each other and mix; the sides are no multiple of 4.
    let image = try Tensor.normal([2, 3, 5, 7], .float64, Generator(seed: 1)).resizedBilinear(height: 45, width: 62)
    let names = network.store.parameters.map(\.name).filter { $0.hasPrefix("embed_proj.") }
    func run(_ aggregated: (NetworkOutput) throws -> Tensor) throws -> [(name: String, tensor: Tensor)] {
      network.store.parameters.forEach { $0.tensor.clearGradient() }
      let out = try aggregated(network(image, .evaluation))
      try (out * out).sum().backward()
      return try [("result", out.detached())]
        + names.map { name in (name, try #require(network.store[name]?.gradient).cloned()) }
    }
    let expected = try run { prediction in
      try network.shallowFeature(image).locallyAggregated(prediction.scores, sigma: 6)
    }
    let found = try run(\.aggregated)
    for (found, expected) in zip(found, expected) {
      let closeness = try Closeness(found.tensor, expected.tensor)
      #expect(closeness.relative.isWithin(Self.tolerance), "\(found.name): \(closeness)")
    }
  }
}
