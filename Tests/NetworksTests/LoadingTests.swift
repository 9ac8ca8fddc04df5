import Layers
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Loading weights into a network")
struct LoadingTests {
  private func network(seed: UInt64 = 0, backbone: BackboneDescription = .resnet18) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: backbone, classCount: 3, decoderWidth: 8)
    return try BLPSeg(configuration, ParameterStore(seed: seed))
  }

  private func bytes(_ network: BLPSeg) throws -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: try network.store.entries.map { ($0.name, try $0.tensor.bytes()) })
  }

  private func tensors(_ network: BLPSeg) -> [(name: String, tensor: Tensor)] {
    network.store.entries.map { ($0.name, $0.tensor) }
  }

  /// The backbone's tensors by the names that its own weights have.
  private func backboneTensors(_ network: BLPSeg) -> [(name: String, tensor: Tensor)] {
    let prefix = "backbone."
    return tensors(network).filter { $0.name.hasPrefix(prefix) }
      .map { (String($0.name.dropFirst(prefix.count)), $0.tensor) }
  }

  @Test("copies every tensor, converting its element type, into the tensors that layers hold")
  func copies() throws {
    let (source, target) = (try network(seed: 1), try network(seed: 2))
    let image = try Tensor.normal([1, 3, 40, 40], .float32, Generator(seed: 3))
    try target.load(tensors(source).map { ($0.name, try $0.tensor.to(.float64)) })
    #expect(try bytes(target) == bytes(source))
    let expected = try withInference { try source(image, .evaluation).logits().floats() }
    #expect(try withInference { try target(image, .evaluation).logits().floats() } == expected)
    #expect(target.store.parameters.allSatisfy { $0.tensor.requiresGradient && $0.tensor.type == .float32 })
  }

  @Test("missing, unexpected and misshapen tensors are reported together, and nothing is copied")
  func strict() throws {
    let (source, target) = (try network(seed: 1), try network(seed: 2))
    let before = try bytes(target)
    var given = tensors(source).filter { $0.name != "backbone.bn1.weight" && $0.name != "ppm.bottleneck.0.weight" }
    given.append(("surplus.b", try Tensor.zeros([1])))
    given.append(("surplus.a", try Tensor.zeros([1])))
    let index = try #require(given.firstIndex { $0.name == "seg_head.4.bias" })
    given[index].tensor = try Tensor.zeros([21])
    let error = #expect(throws: ParameterMismatch.self) { try target.load(given) }
    #expect(error?.missing == ["backbone.bn1.weight", "ppm.bottleneck.0.weight"])
    #expect(error?.unexpected == ["surplus.a", "surplus.b"])
    #expect(error?.misshapen.map(\.name) == ["seg_head.4.bias"])
    #expect(error?.misshapen.first?.found == [21])
    #expect(error?.misshapen.first?.expected == [3])
    #expect(
      error?.description == """
        the weights do not fit the network: 2 tensors are missing (backbone.bn1.weight, ppm.bottleneck.0.weight); \
        2 are not part of it (surplus.a, surplus.b); 1 has another shape (seg_head.4.bias is [21], expected [3])
        """)
    #expect(try bytes(target) == before)
  }

  @Test("the distance table and the backbone's classifier are dropped, counts of batches may be missing")
  func published() throws {
    let (source, target) = (try network(seed: 1), try network(seed: 2))
    var given = tensors(source).filter { !$0.name.hasSuffix("num_batches_tracked") }
    given.append(("distance_prob", try Tensor.zeros([1, 4, 4])))
    given.append(("backbone.fc.weight", try Tensor.zeros([1000, 512])))
    given.append(("backbone.fc.bias", try Tensor.zeros([1000])))
    try target.load(given)
    #expect(try bytes(target) == bytes(source))
    #expect(throws: ParameterMismatch.self) { try target.store.load(given) }
  }

  @Test("a backbone's weights have no prefix; its classifier and the unused normalisation do not matter")
  func backboneAlone() throws {
    let (source, target) = (try network(seed: 1, backbone: .resnet50), try network(seed: 2, backbone: .resnet50))
    var given = backboneTensors(source).filter { !$0.name.hasPrefix("layernorm") }
    given.append(("fc.weight", try Tensor.zeros([1000, 2048])))
    let before = try bytes(target)
    try target.loadBackbone(given)
    let (expected, found) = (try bytes(source), try bytes(target))
    for entry in target.store.entries {
      let isLoaded = entry.name.hasPrefix("backbone.") && !entry.name.contains("layernorm")
      #expect(found[entry.name] == (isLoaded ? expected : before)[entry.name], "\(entry.name)")
    }
  }

  @Test("a backbone's weights for another backbone are refused, and nothing is copied")
  func otherBackbone() throws {
    let (source, target) = (try network(seed: 1), try network(seed: 2, backbone: .resnet34))
    let before = try bytes(target)
    let error = #expect(throws: ParameterMismatch.self) { try target.loadBackbone(backboneTensors(source)) }
    #expect(error?.missing.contains("backbone.layer1.2.conv1.weight") == true)
    #expect(try bytes(target) == before)
  }

  @Test("a deeper backbone's weights are refused, and nothing is copied")
  func deeperBackbone() throws {
    let (source, target) = (try network(seed: 1, backbone: .resnet34), try network(seed: 2))
    let before = try bytes(target)
    let error = #expect(throws: ParameterMismatch.self) { try target.loadBackbone(backboneTensors(source)) }
    #expect(error?.missing.isEmpty == true)
    #expect(error?.unexpected.contains("backbone.layer1.2.conv1.weight") == true)
    #expect(try bytes(target) == before)
  }

  @Test(
    "names of a backbone's classifier are dropped, others are refused",
    arguments: [
      (.resnet18, ["fc.weight", "fc.bias"], "fc2.weight"),
      (.efficientNetLite0, ["_conv_head.weight", "_bn1.running_mean", "_fc.bias"], "fc.weight"),
    ] as [(BackboneDescription, [String], String)])
  func classifier(kind: BackboneDescription, dropped: [String], refused: String) throws {
    let (source, target) = (try network(seed: 1, backbone: kind), try network(seed: 2, backbone: kind))
    let surplus = try dropped.map { (name: $0, tensor: try Tensor.zeros([2])) }
    try target.loadBackbone(backboneTensors(source) + surplus)
    let (expected, found) = (try bytes(source), try bytes(target))
    for name in expected.keys where name.hasPrefix("backbone.") { #expect(found[name] == expected[name], "\(name)") }

    let other = try backboneTensors(source) + [(refused, Tensor.zeros([2]))]
    let error = #expect(throws: ParameterMismatch.self) { try target.loadBackbone(other) }
    #expect(error?.unexpected == ["backbone.\(refused)"])
  }
}
