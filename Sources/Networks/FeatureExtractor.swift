import Layers
import Tensors

/// A backbone as a source of features for a head that is fitted to them. It is never trained.
public protocol FeatureExtractor: Foldable {
  /// The levels of its description for normalised images `[N, 3, H, W]`, finest first: `[N, channels, h, w]`.
  func levels(_ images: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor]
}

/// What a backbone offers as frozen features.
public struct FeatureExtractorDescription: Sendable {
  /// Channels of its levels, finest first; the last is the one that is pooled.
  public let channels: [Int]
  /// Prefixes of names in the file of published weights that the extractor does not have.
  let dropped: [String]
  /// Makes its layers, whose tensors are named below the scope.
  let make: @Sendable (_ scope: ParameterScope) throws(TorchError) -> any FeatureExtractor
}

/// EfficientNet-Lite0 as far as the classifier's input: 40 channels at stride 8, 112 at stride 16, and the 1280 of
/// `_conv_head`, whose grid is kept at stride 16 by dilation.
struct EfficientNetLite0Features: FeatureExtractor {
  static let description = FeatureExtractorDescription(
    channels: [40, 112, 1280], dropped: ["_fc."],
    make: { scope throws(TorchError) in try EfficientNetLite0Features(scope) })

  private var backbone: EfficientNetLite0
  private var head: ConvBlock

  init(_ scope: ParameterScope) throws(TorchError) {
    let width = Self.description.channels[2]
    backbone = try EfficientNetLite0(scope, outputStride: 16)
    head = ConvBlock(
      try Conv2d(scope / "_conv_head", EfficientNetLite0.lastChannels, width, kernel: 1, bias: false),
      try BatchNorm2d(scope / "_bn1", width, epsilon: EfficientNetLite0.epsilon), .relu6)
  }

  func levels(_ images: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] {
    let coarser = try backbone.coarser(backbone.finest(images, mode), mode)
    return [coarser[0], coarser[1], try head(coarser[2], mode)]
  }

  func folded(_ type: ElementType?) throws(TorchError) -> EfficientNetLite0Features {
    var features = self
    features.backbone = try backbone.folded(type)
    features.head = try head.folded(type)
    return features
  }
}
