import Layers
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("Plain execution")
struct PlainExecutionTests {
  /// Relative to the largest magnitude of each tensor.
  static let tolerance = (float32: 2e-5, float64: 1e-12)

  /// A network wide enough for Winograd's algorithm.
  private func network(_ backbone: BackboneDescription, _ type: ElementType = .float32) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: backbone, classCount: 5, decoderWidth: 64, dropout: 0)
    let network = try BLPSeg(configuration, ParameterStore(type: type))
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    return network
  }

  private func image(_ type: ElementType = .float32) throws -> Tensor {
    try Tensor.normal([2, 3, 75, 93], .float64, Generator(seed: 5)).to(type)
  }

  private func outputs(_ network: BLPSegInference, _ image: Tensor, _ execution: Execution) throws -> [Tensor] {
    let prediction = try network(image, execution)
    return [prediction.decoded, prediction.scores, prediction.aggregated, prediction.scribbleScores]
  }

  private func outputs(_ network: BLPSeg, _ image: Tensor, _ mode: Mode) throws -> [Tensor] {
    let prediction = try network(image, mode)
    return [prediction.decoded, prediction.scores, prediction.aggregated, prediction.scribbleScores]
  }

  @Test(
    "differs from fast execution by rounding alone, folded or not", arguments: Backbones.all, [false, true])
  func agrees(backbone: BackboneDescription, isFolded: Bool) throws {
    for type in [ElementType.float32, .float64] {
      let (made, image) = (try network(backbone, type), try image(type))
      let network = isFolded ? try made.folded() : made.inference
      let (fast, plain) = try withInference {
        (try outputs(network, image, .fast), try outputs(network, image, .plain))
      }
      let tolerance = type == .float64 ? Self.tolerance.float64 : Self.tolerance.float32
      for (plain, fast) in zip(plain, fast) {
        let closeness = try Closeness(plain, fast)
        #expect(closeness.magnitude > 0 && closeness.relative.isWithin(tolerance), "\(type): \(closeness)")
      }
    }
  }

  @Test("calls LibTorch's own operators alone, and none that is fused or in place")
  func operators() throws {
    let (network, image) = (try network(.resnet18), try image())
    let folded = try network.folded()
    func called(_ network: BLPSegInference, _ execution: Execution) throws -> Set<String> {
      try calledOperators { try withInference { _ = try outputs(network, image, execution) } }
    }
    let ours = ["winograd_convolution", "local_aggregation"].map { "blpseg::\($0)" }
    #expect(try called(network.inference, .fast).isSuperset(of: ours))
    #expect(
      try called(folded, .fast).isSuperset(of: [
        "blpseg::winograd_convolution_fused", "mkldnn::_convolution_pointwise",
      ]))
    for network in [network.inference, folded] {
      let plain = try called(network, .plain)
      #expect(plain.contains("aten::conv2d") && plain.allSatisfy { $0.hasPrefix("aten::") }, "\(plain.sorted())")
    }
    let inPlace = ["add_", "relu_", "hardtanh_"].map { "aten::\($0)" }
    #expect(try called(network.inference, .plain).isDisjoint(with: inPlace))
    #expect(try called(network.inference, .plain).isDisjoint(with: ["aten::linalg_qr"]))
  }

  @Test("has the gradients of fast execution, and computes nothing again for them")
  func training() throws {
    func gradients(_ mode: Mode) throws -> (tensors: [(name: String, tensor: Tensor)], backward: Set<String>) {
      let network = try network(.resnet18, .float64)
      let outputs = try outputs(network, image(.float64), mode)
      let cotangents = try outputs.map { try Tensor.normal($0.shape, .float64, Generator(seed: 7)) }
      var sum = try (outputs[0] * cotangents[0]).sum()
      for (output, cotangent) in zip(outputs, cotangents).dropFirst() { sum = try sum + (output * cotangent).sum() }
      let backward = try calledOperators { try sum.backward() }
      let tensors = try network.store.entries.map { entry in
        (
          entry.name,
          try network.store.parameters.contains { $0.name == entry.name }
            ? #require(entry.tensor.gradient) : entry.tensor
        )
      }
      return (tensors, backward)
    }
    let (fast, plain) = (try gradients(.training), try gradients(.training.plain))
    #expect(fast.backward.contains("aten::conv2d"))
    #expect(!plain.backward.contains("aten::conv2d") && plain.backward.contains("aten::convolution_backward"))
    let largest = try fast.tensors.map { try Closeness($0.tensor, $0.tensor).magnitude }.max() ?? 0
    for (plain, fast) in zip(plain.tensors, fast.tensors) {
      let closeness = try Closeness(plain.tensor.to(.float64), fast.tensor.to(.float64))
      #expect((closeness.worst / largest).isWithin(Self.tolerance.float64), "\(plain.name): \(closeness)")
    }
  }
}
