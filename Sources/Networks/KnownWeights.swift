/// Weights of well-known networks, told apart by the names and shapes of their tensors.
///
/// Where weights do not fit, people are told which file they have, in place of the tensors that differ.
public struct KnownWeights: Equatable, Sendable, CustomStringConvertible {
  /// What they are of, as in "torchvision's ResNet-50, whose stem is one 7 x 7 convolution".
  public let description: String
  /// The backbone here that has all these names, if one has.
  public let backbone: BackboneKind?

  /// Nil for names that are known to no one here.
  public init?(_ shapes: [String: [Int]]) {
    let names = KnownNames(shapes)
    guard
      let description = names.blpseg ?? names.resnet ?? names.efficientNet ?? names.segmentation ?? names.other
    else { return nil }
    self.description = description
    backbone = names.backbone
  }
}

extension BackboneKind {
  /// The weights that this backbone begins with, in words.
  public var neededWeights: String {
    switch self {
    case .resnet18, .resnet34: "torchvision's ImageNet weights of ResNet-\(rawValue.dropFirst("resnet".count))"
    case .resnet50, .resnet101:
      "weights with a deep stem of three 3 x 3 convolutions (64, 64 and 128 channels), as \(rawValue)s of "
        + "PyTorch-Encoding has them,"
    case .efficientNetLite0:
      "the weights that Scripts/setup installs (model.backbone_weights=imagenet)"
    }
  }
}

private struct KnownNames {
  private let shapes: [String: [Int]]

  init(_ shapes: [String: [Int]]) { self.shapes = shapes }

  private func has(_ name: String) -> Bool { shapes[name] != nil }
  private func has(prefix: String) -> Bool { shapes.keys.contains { $0.hasPrefix(prefix) } }

  /// The backbone here that has these names, as far as a few of them tell.
  var backbone: BackboneKind? {
    let (conv, deep) = (
      shapes["conv1.weight"], ["conv1.0.weight", "conv1.3.weight", "conv1.6.weight"].map { shapes[$0]?.first }
    )
    if has("_conv_stem.weight"), !has(prefix: "_blocks.0._se_") { return .efficientNetLite0 }
    guard has("layer1.0.conv1.weight") else { return nil }
    let isBottleneck = has("layer1.0.conv3.weight")
    if !isBottleneck, conv?.last == 7 { return has("layer1.2.conv1.weight") ? .resnet34 : .resnet18 }
    if isBottleneck, deep == [64, 64, 128] { return has("layer3.22.conv1.weight") ? .resnet101 : .resnet50 }
    return nil
  }

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
        "whose stem is three 3 x 3 convolutions of \(first), \(shapes["conv1.3.weight"]?.first ?? first) and \(last) channels"
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
      return has(prefix: "_blocks.0._se_")
        ? "an EfficientNet with squeeze-and-excitation, which the Lite networks lack"
        : "EfficientNet-\(has("_blocks.15._project_conv.weight") && !has("_blocks.16._project_conv.weight") ? "Lite0" : "Lite of another size")"
          + ", with the names of lukemelas' EfficientNet-PyTorch"
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
