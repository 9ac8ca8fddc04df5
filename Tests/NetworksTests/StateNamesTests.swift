import Foundation
import Layers
import Networks
import TestSupport
import Testing

@Suite("Names and shapes are those of the published checkpoints")
struct StateNamesTests {
  @Test(
    "every name, its shape and the order agree",
    arguments: [
      ("voc-resnet101", BackboneDescription.resnet101, 21), ("voc-resnet50", .resnet50, 21),
      ("context-resnet101", .resnet101, 60),
    ])
  func names(key: String, backbone: BackboneDescription, classCount: Int) throws {
    let text = try String(contentsOfFile: Fixture.golden("state_dict_shapes.json"), encoding: .utf8)
    let all = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [String: [Int]]])
    let expected = try #require(all[key])
    let network = try BLPSeg(BLPSegConfiguration(backbone: backbone, classCount: classCount), ParameterStore())
    let found = Dictionary(uniqueKeysWithValues: network.store.entries.map { ($0.name, $0.tensor.shape) })
    #expect(found == expected)
  }
}
