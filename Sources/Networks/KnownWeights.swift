import Tensors

/// Weights of well-known networks, recognised by the names and shapes of their tensors.
///
/// Where weights do not fit, the message says which file it is instead of listing the tensors that differ.
package struct KnownWeights: Equatable, Sendable, CustomStringConvertible {
  /// The network that they are of, as in "torchvision's ResNet-50, whose stem is one 7 x 7 convolution".
  package let description: String
  /// The backbone here that has these names or can be loaded from them, if any.
  package let backbone: BackboneDescription?

  /// Nil for unknown names.
  package init?(_ shapes: [String: [Int]]) {
    let names = KnownNames(shapes)
    let backbone = Backbones.all.first { $0.recognises(shapes) || $0.recognises($0.pretrained.renamed(shapes)) }
    guard
      let description = names.blpseg ?? names.resnet ?? names.efficientNet ?? names.segmentation
        ?? backbone.map({ "weights of \($0.name)" }) ?? names.other
    else { return nil }
    self.description = description
    self.backbone = backbone
  }
}

private struct KnownNames {
  private let shapes: [String: [Int]]

  init(_ shapes: [String: [Int]]) { self.shapes = shapes }

  private func has(_ name: String) -> Bool { shapes[name] != nil }
  private func has(prefix: String) -> Bool { shapes.keys.contains { $0.hasPrefix(prefix) } }

  /// A whole network of this program.
  var blpseg: String? {
    has("seg_head.4.weight") && has(prefix: "\(BLPSeg.backboneScope).")
      ? "a whole BLPSeg network, whose backbone is a part of it" : nil
  }

  var resnet: String? {
    guard has("layer1.0.conv1.weight"), has(prefix: "layer4.") else { return nil }
    let stem =
      if let conv = shapes["conv1.weight"] {
        "whose stem is one \(conv.last ?? 7) x \(conv.last ?? 7) convolution"
      } else if let first = shapes["conv1.0.weight"]?.first, let last = shapes["conv1.6.weight"]?.first {
        "whose stem is three 3 x 3 convolutions of \(first), \(shapes["conv1.3.weight"]?.first ?? first) and "
          + "\(last) channels"
      } else {
        "whose stem is unknown here"
      }
    return "\(resnetName), \(stem)"
  }

  private var resnetName: String {
    let blocks = (1...4).map { stage in (0..<100).prefix { has("layer\(stage).\($0).conv1.weight") }.count }
    let isBottleneck = has("layer1.0.conv3.weight")
    let depth = blocks.reduce(0, +) * (isBottleneck ? 3 : 2) + 2
    if let conv = shapes["layer1.0.conv2.weight"], conv.count == 4, conv[1] < conv[0] { return "ResNeXt-\(depth)" }
    if has("layer1.0.se.fc1.weight") || has("layer1.0.se_module.fc1.weight") { return "SE-ResNet-\(depth)" }
    if isBottleneck, let width = shapes["layer1.0.conv1.weight"]?.first, width > 64 { return "Wide ResNet-\(depth)" }
    // Both libraries, and those that followed, use the same names.
    return has("conv1.weight") ? "torchvision's (or timm's) ResNet-\(depth)" : "ResNet-\(depth)"
  }

  var efficientNet: String? {
    if has("features.0.0.weight"), has("features.1.0.block.0.0.weight") { return "torchvision's EfficientNet" }
    if has("_conv_stem.weight") {
      if has(prefix: "_blocks.0._se_") {
        return "an EfficientNet with squeeze-and-excitation, which the Lite networks lack"
      }
      let isLite0 = has("_blocks.15._project_conv.weight") && !has("_blocks.16._project_conv.weight")
      let size = isLite0 ? "Lite0" : "Lite of another size"
      return "EfficientNet-\(size), with the names of lukemelas' EfficientNet-PyTorch"
    }
    guard has("conv_stem.weight"), has("blocks.0.0.conv_dw.weight") else { return nil }
    let isLite = !has(prefix: "blocks.0.0.se.") && shapes["conv_stem.weight"]?.first == 32
    return isLite
      ? "timm's EfficientNet-Lite0, whose names do not tell which of timm's two paddings it was trained with"
      : "timm's EfficientNet or MobileNet, of another making than Lite0"
  }

  /// torchvision's segmentation networks, and those of mmsegmentation.
  var segmentation: String? {
    if has(prefix: "backbone.layer1."), has(prefix: "classifier.") { return "torchvision's segmentation network" }
    if has(prefix: "backbone."), has(prefix: "decode_head.") { return "a segmentation network of mmsegmentation" }
    return nil
  }

  var other: String? {
    if has("patch_embed.proj.weight") { return "a vision transformer" }
    if has("features.0.0.weight"), has("features.18.0.weight") { return "torchvision's MobileNet" }
    if has("features.denseblock1.denselayer1.conv1.weight") { return "torchvision's DenseNet" }
    if has("features.0.weight"), has("classifier.6.weight") { return "torchvision's VGG or AlexNet" }
    if has("downsample_layers.0.0.weight") || has("stem.0.weight") { return "a ConvNeXt or a like network" }
    return nil
  }
}

extension PretrainedWeights {
  /// The same shapes by the backbone's names.
  fileprivate func renamed(_ shapes: [String: [Int]]) -> [String: [Int]] {
    Dictionary(shapes.map { (renamed($0), $1) }) { first, _ in first }
  }
}

/// The deterministic weights that the golden values were computed with, from integer arithmetic alone.
///
/// Names are sorted; element i of tensor j is a hash of both, scaled by what the name says the tensor is
/// (Tests/Goldens/README.md states the rule).
package enum GoldenWeights {
  /// Fills tensors in place.
  package static func fill(_ tensors: [(name: String, tensor: Tensor)]) throws {
    try withoutGradient {
      for (j, entry) in tensors.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }).enumerated() {
        let values = values(entry.name, entry.tensor.shape, j)
        try entry.tensor.copy(from: Tensor(values, entry.tensor.shape))
      }
    }
  }

  private static func values(_ name: String, _ shape: [Int], _ j: Int) -> [Double] {
    let count = shape.reduce(1, *)
    if name.hasSuffix("num_batches_tracked") { return [Double](repeating: 0, count: count) }
    let (scale, offset) = spread(name, shape)
    return (0..<count).map { i in
      var v = (UInt64(i) &* 1_664_525 &+ UInt64(j) &* 1_013_904_223 &+ 12345) & 0xffff_ffff
      v ^= v >> 15
      v = (v &* 1_274_126_177) & 0xffff_ffff
      v ^= v >> 13
      // The published program keeps its weights in float32.
      return Double(Float(offset + scale * (Double(v) / 4_294_967_296 - 0.5)))
    }
  }

  private static func spread(_ name: String, _ shape: [Int]) -> (scale: Double, offset: Double) {
    if name.hasSuffix("running_mean") { return (0.1, 0) }
    if name.hasSuffix("running_var") { return (0.2, 1) }
    if shape.count == 1 { return name.hasSuffix(".weight") ? (0.2, 1) : (0.1, 0) }
    let fanIn = shape.dropFirst().reduce(1, *)
    let scale = (12 / Double(fanIn)).squareRoot()
    if name == "seg_head.4.weight" { return (scale * 24, 0) }
    if name == "embed_proj.conv.weight" { return (scale * 0.25, 0) }
    return (scale, 0)
  }
}
