import Checkpoints
import Layers
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("EfficientNet-Lite agrees with its published weights")
struct EfficientNetLiteTests {
  /// Relative to the largest magnitude of each feature.
  static let tolerance = 1e-5

  static let backbones: [BackboneDescription] = [.efficientNetLite0, .efficientNetLite1, .efficientNetLite2]

  /// The files that Scripts/setup installs.
  static func weights(_ size: Int) -> String { "\(Fixture.root)/\(backbones[size].pretrained.installed ?? "")" }

  private func network(_ size: Int) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: Self.backbones[size], classCount: 3, decoderWidth: 8)
    return try BLPSeg(configuration, ParameterStore())
  }

  @Test(
    "features at strides 4, 8, 16 and 32 agree",
    arguments: [(0, "96x160"), (0, "75x93"), (1, "64x80"), (1, "43x58"), (2, "64x80"), (2, "43x58")])
  func features(number: Int, size: String) throws {
    let golden = try SafetensorsFixture(Fixture.golden("efficientnet_lite\(number).safetensors"))
    let network = try network(number)
    try network.loadBackbone(try WeightsFile.read(Self.weights(number)).map { ($0.name, $0.tensor) })
    let input = try golden("\(size).input")
    let image = try Tensor(input.floats, input.shape)
    let features = try withInference { try network.features(image, .evaluation) }
    #expect(features.count == 4)
    for (feature, stride) in zip(features, [4, 8, 16, 32]) {
      let expected = try golden("\(size).stride\(stride)")
      #expect(feature.shape == expected.shape)
      let closeness = try Closeness(feature, try expected.floats)
      #expect(closeness.relative.isWithin(Self.tolerance), "stride \(stride): \(closeness)")
    }
  }

  @Test("every tensor of the backbone is in the file, and the rest of the network is left alone", arguments: 0...2)
  func loading(number: Int) throws {
    let network = try network(number)
    func bytes(_ isBackbone: Bool) throws -> [String: [UInt8]] {
      let entries = network.store.entries.filter { $0.name.hasPrefix("backbone.") == isBackbone }
      return Dictionary(uniqueKeysWithValues: try entries.map { ($0.name, try $0.tensor.bytes()) })
    }
    let rest = try bytes(false)
    let file = try WeightsFile.read(Self.weights(number))
    try network.loadBackbone(file.map { ($0.name, $0.tensor) })
    #expect(try bytes(false) == rest)
    for (name, bytes) in try bytes(true) where !name.hasSuffix("num_batches_tracked") {
      let expected = try #require(file[String(name.dropFirst("backbone.".count))], "\(name)")
      #expect(try bytes == expected.bytes(), "\(name)")
    }
  }
}
