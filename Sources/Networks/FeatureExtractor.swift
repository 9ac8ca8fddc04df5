import Layers
import Tensors

/// A backbone as a source of features at strides 4, 8 and 16, and of its classifier's input.
public protocol FeatureExtractor: Foldable {
  /// The levels of its description for normalised images `[N, 3, H, W]`, finest first: `[N, channels, h, w]`.
  func levels(_ images: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor]
}

/// What a backbone offers as features.
public struct FeatureExtractorDescription: Sendable {
  /// Channels of its levels at strides 4, 8 and 16, and of the last, at the stride that is asked for, which is pooled too.
  public let channels: [Int]
  /// Prefixes of names in the file of published weights that the extractor does not have.
  let dropped: [String]
  /// Makes its layers, whose tensors are named below the scope; `outputStride` is that of the last level, 16 or 32.
  let make: @Sendable (_ scope: ParameterScope, _ outputStride: Int) throws(TorchError) -> any FeatureExtractor
}

extension FeatureExtractorDescription {
  /// Three features of EfficientNet-Lite and the 1280 channels of `_conv_head`.
  init(efficientNetLite size: EfficientNetLite.Size) {
    self.init(
      channels: EfficientNetLite.featureStages.dropLast().map { size.channels[$0] } + [EfficientNetLiteFeatures.width],
      dropped: ["_fc."],
      make: { scope, outputStride throws(TorchError) in
        try EfficientNetLiteFeatures(scope, size, outputStride: outputStride)
      })
  }
}

/// EfficientNet-Lite as far as the classifier's input, whose grid is kept at stride 16 by dilation where that is asked for.
struct EfficientNetLiteFeatures: FeatureExtractor {
  /// Channels of `_conv_head`, the same for all sizes.
  static let width = 1280

  private var backbone: EfficientNetLite
  private var head: ConvBlock

  init(_ scope: ParameterScope, _ size: EfficientNetLite.Size, outputStride: Int) throws(TorchError) {
    backbone = try EfficientNetLite(scope, size, outputStride: outputStride)
    head = ConvBlock(
      try Conv2d(scope / "_conv_head", size.lastChannels, Self.width, kernel: 1, bias: false),
      try BatchNorm2d(scope / "_bn1", Self.width, epsilon: EfficientNetLite.epsilon), .relu6)
  }

  func levels(_ images: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] {
    let finest = try backbone.finest(images, mode)
    let coarser = try backbone.coarser(finest, mode)
    return [finest, coarser[0], coarser[1], try head(coarser[2], mode)]
  }

  func folded(_ type: ElementType?) throws(TorchError) -> EfficientNetLiteFeatures {
    var features = self
    features.backbone = try backbone.folded(type)
    features.head = try head.folded(type)
    return features
  }
}
