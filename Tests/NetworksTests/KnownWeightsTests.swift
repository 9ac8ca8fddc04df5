import Layers
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Weights of well-known networks are told apart")
struct KnownWeightsTests {
  /// Names and shapes of a ResNet, of which a few tell which one it is.
  private static func resnet(
    _ blocks: [Int], bottleneck: Bool, stem: [String: [Int]], width: Int = 64, grouped: Bool = false
  ) -> [String: [Int]] {
    var shapes = stem
    for (stage, count) in blocks.enumerated() {
      for block in 0..<count {
        let place = "layer\(stage + 1).\(block)"
        shapes["\(place).conv1.weight"] = [width << stage, 64, 1, 1]
        shapes["\(place).conv2.weight"] = [width << stage, grouped ? 4 : width << stage, 3, 3]
        if bottleneck { shapes["\(place).conv3.weight"] = [256 << stage, width << stage, 1, 1] }
      }
    }
    return shapes
  }

  private static let plain = ["conv1.weight": [64, 3, 7, 7]]
  private static func deep(_ widths: [Int]) -> [String: [Int]] {
    [
      "conv1.0.weight": [widths[0], 3, 3, 3], "conv1.3.weight": [widths[1], 8, 3, 3],
      "conv1.6.weight": [widths[2], 8, 3, 3],
    ]
  }
  private static let timmLite = ["conv_stem.weight": [32, 3, 3, 3], "blocks.0.0.conv_dw.weight": [32, 1, 3, 3]]

  @Test(
    "by names and shapes",
    arguments: [
      (
        resnet([3, 4, 6, 3], bottleneck: true, stem: plain),
        "torchvision's (or timm's) ResNet-50, whose stem is one 7 x 7", nil
      ),
      (resnet([3, 4, 23, 3], bottleneck: true, stem: plain), "ResNet-101, whose stem is one 7 x 7", nil),
      (resnet([3, 4, 6, 3], bottleneck: true, stem: plain, width: 128), "Wide ResNet-50", nil),
      (resnet([3, 4, 6, 3], bottleneck: true, stem: plain, width: 128, grouped: true), "ResNeXt-50", nil),
      (
        resnet([3, 4, 6, 3], bottleneck: true, stem: deep([32, 32, 64])), "convolutions of 32, 32 and 64 channels", nil
      ),
      (resnet([3, 4, 6, 3], bottleneck: true, stem: deep([64, 64, 128])), "of 64, 64 and 128 channels", .resnet50),
      (resnet([3, 4, 23, 3], bottleneck: true, stem: deep([64, 64, 128])), "ResNet-101", .resnet101),
      (resnet([2, 2, 2, 2], bottleneck: false, stem: plain), "ResNet-18", .resnet18),
      (resnet([3, 4, 6, 3], bottleneck: false, stem: plain), "ResNet-34", .resnet34),
      (timmLite, "timm's EfficientNet-Lite0", nil),
      (
        timmLite.merging(["blocks.0.0.se.conv_reduce.weight": [8, 32, 1, 1]]) { $1 },
        "timm's EfficientNet or MobileNet", nil
      ),
      (
        ["features.0.0.weight": [32, 3, 3, 3], "features.1.0.block.0.0.weight": [32, 1, 3, 3]],
        "torchvision's EfficientNet", nil
      ),
      (
        ["_conv_stem.weight": [32, 3, 3, 3], "_blocks.0._se_reduce.weight": [8, 32, 1, 1]], "squeeze-and-excitation",
        nil
      ),
      (["backbone.layer1.0.conv1.weight": [1], "classifier.0.weight": [1]], "torchvision's segmentation network", nil),
      (["patch_embed.proj.weight": [768, 3, 16, 16]], "a vision transformer", nil),
    ] as [([String: [Int]], String, BackboneDescription?)])
  func telling(shapes: [String: [Int]], words: String, backbone: BackboneDescription?) {
    let known = KnownWeights(shapes)
    #expect(known?.description.contains(words) == true, "\(known?.description ?? "")")
    #expect(known?.backbone == backbone)
  }

  @Test("names of something else are known to no one") func unknown() {
    #expect(KnownWeights(["fc.weight": [2, 2]]) == nil)
    #expect(KnownWeights([:]) == nil)
  }

  @Test("every backbone of this program is known by its own names", arguments: Backbones.all)
  func own(backbone: BackboneDescription) throws {
    let network = try BLPSeg(
      BLPSegConfiguration(backbone: backbone, classCount: 2, decoderWidth: 8), ParameterStore())
    let shapes = network.store.entries.map { ($0.name, $0.tensor.shape) }
    let prefix = "backbone."
    let alone = shapes.filter { $0.0.hasPrefix(prefix) }.map { (String($0.0.dropFirst(prefix.count)), $0.1) }
    #expect(KnownWeights(Dictionary(uniqueKeysWithValues: alone))?.backbone == backbone)
    let whole = KnownWeights(Dictionary(uniqueKeysWithValues: shapes))
    #expect(whole?.description == "a whole BLPSeg network, whose backbone is a part of it")
  }
}
