import Layers
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Names of backbones")
struct BackboneNamesTests {
  private func store(_ backbone: BackboneDescription, classCount: Int = 3, width: Int = 8) throws -> ParameterStore {
    let configuration = BLPSegConfiguration(backbone: backbone, classCount: classCount, decoderWidth: width)
    return try BLPSeg(configuration, ParameterStore()).store
  }

  /// torchvision's names and shapes of a ResNet of basic blocks, without its classifier.
  private func torchvision(_ blocks: [Int]) -> [String: [Int]] {
    var shapes: [String: [Int]] = [:]
    func norm(_ name: String, _ channels: Int) {
      for part in ["weight", "bias", "running_mean", "running_var"] { shapes["\(name).\(part)"] = [channels] }
      shapes["\(name).num_batches_tracked"] = []
    }
    shapes["conv1.weight"] = [64, 3, 7, 7]
    norm("bn1", 64)
    var channels = 64
    for (stage, count) in blocks.enumerated() {
      let width = 64 << stage
      for index in 0..<count {
        let block = "layer\(stage + 1).\(index)"
        shapes["\(block).conv1.weight"] = [width, channels, 3, 3]
        norm("\(block).bn1", width)
        shapes["\(block).conv2.weight"] = [width, width, 3, 3]
        norm("\(block).bn2", width)
        if channels != width {
          shapes["\(block).downsample.0.weight"] = [width, channels, 1, 1]
          norm("\(block).downsample.1", width)
        }
        channels = width
      }
    }
    return shapes
  }

  @Test(
    "ResNet-18 and ResNet-34 have torchvision's names and shapes",
    arguments: [(BackboneDescription.resnet18, [2, 2, 2, 2], 120), (.resnet34, [3, 4, 6, 3], 216)])
  func basicBlocks(backbone: BackboneDescription, blocks: [Int], count: Int) throws {
    let expected = torchvision(blocks)
    #expect(expected.count == count)
    let prefix = "backbone."
    let found = try store(backbone).entries.filter { $0.name.hasPrefix(prefix) }
      .map { (String($0.name.dropFirst(prefix.count)), $0.tensor.shape) }
    #expect(Dictionary(uniqueKeysWithValues: found) == expected)
  }

  @Test("names in settings and checkpoints are those of old files, each once")
  func listed() {
    #expect(
      Backbones.all.map(\.name) == [
        "resnet18", "resnet34", "resnet50", "resnet101", "efficientnet_lite0", "efficientnet_lite1",
        "efficientnet_lite2",
      ])
  }

  @Test("a configuration is read off names and shapes", arguments: Backbones.all)
  func inference(backbone: BackboneDescription) throws {
    let entries = try store(backbone, classCount: 5, width: 12).entries
    let shapes = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.tensor.shape) })
    let expected = BLPSegConfiguration(backbone: backbone, classCount: 5, decoderWidth: 12)
    #expect(try BLPSegConfiguration(inferredFrom: shapes) == expected)
  }

  @Test(
    "names of something else are refused in words",
    arguments: [
      ([:], "seg_head.4.weight"), (["seg_head.4.weight": [3]], "seg_head.4.weight"),
      (["seg_head.4.weight": [3, 8, 1, 1], "backbone.stem.weight": [1]], "no backbone known here"),
    ] as [([String: [Int]], String)])
  func refusing(shapes: [String: [Int]], words: String) {
    let error = #expect(throws: UnknownNetwork.self) { try BLPSegConfiguration(inferredFrom: shapes) }
    #expect(error?.description.contains(words) == true)
  }

  @Test("features have the declared channels and sides at strides 4, 8, 16 and 32", arguments: Backbones.all)
  func features(backbone: BackboneDescription) throws {
    let configuration = BLPSegConfiguration(backbone: backbone, classCount: 3, decoderWidth: 8)
    let network = try BLPSeg(configuration, ParameterStore())
    let features = try withoutGradient { try network.features(.zeros([1, 3, 70, 33]), .evaluation) }
    let sides = [(18, 9), (9, 5), (5, 3), (3, 2)]
    for (index, feature) in features.enumerated() {
      #expect(feature.shape == [1, backbone.channels[index], sides[index].0, sides[index].1])
    }
  }
}
