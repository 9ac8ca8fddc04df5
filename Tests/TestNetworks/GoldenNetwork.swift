import Foundation
import Layers
import Networks
import Tensors
import TestSupport

/// The network, inputs and expected values of golden.safetensors and golden.json.
public struct GoldenNetwork {
  public let network: BLPSeg
  public let tensors: SafetensorsFixture
  public let values: [String: Any]

  public init(_ type: ElementType) throws {
    network = try BLPSeg(
      BLPSegConfiguration(backbone: .resnet50, classCount: 21, dropout: 0), ParameterStore(type: type))
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    tensors = try SafetensorsFixture(Fixture.golden("golden.safetensors"))
    let json = try Data(contentsOf: URL(fileURLWithPath: Fixture.golden("golden.json")))
    values = try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
  }

  /// A float32 tensor of the file, converted to `type`.
  public func input(_ name: String, _ type: ElementType = .float32) throws -> Tensor {
    let entry = try tensors(name)
    return try Tensor(entry.floats, entry.shape).to(type)
  }

  /// An int64 tensor of the file.
  public func labels(_ name: String) throws -> Tensor {
    let entry = try tensors(name)
    return try Tensor(entry.int64s, entry.shape)
  }

  /// A section of golden.json, by its keys from the outside in.
  public func numbers(_ keys: String...) -> [String: Any] {
    keys.reduce(values) { $0[$1] as? [String: Any] ?? [:] }
  }
}
