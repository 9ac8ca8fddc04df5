import Images
import Layers
import Tensors

/// A network that turns an image into features at four scales.
package protocol Backbone: Foldable {
  /// The feature at stride 4 of images `[N, 3, H, W]`.
  func finest(_ image: Tensor, _ mode: Mode) throws(TorchError) -> Tensor
  /// The features at strides 8, 16 and 32 that follow from the one at stride 4.
  func coarser(_ finest: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor]
}

/// The backbones that a network can have, in the order in which they are listed to users.
///
/// A new one is a file with its layers and its description, and one more element here.
public enum Backbones {
  public static let all: [BackboneDescription] = [
    .resnet18, .resnet34, .resnet50, .resnet101, .efficientNetLite0, .efficientNetLite1, .efficientNetLite2,
  ]

  /// The backbone that has tensors of these names and shapes; nil where none has.
  static func recognised(_ shapes: [String: [Int]]) -> BackboneDescription? { all.first { $0.recognises(shapes) } }

  /// The backbone of a network whose tensors have these names and shapes; nil where its names are those of none.
  static func recognised(inNetwork shapes: [String: [Int]]) -> BackboneDescription? {
    let prefix = "\(BLPSeg.backboneScope)."
    let own = shapes.compactMap { $0.hasPrefix(prefix) ? (String($0.dropFirst(prefix.count)), $1) : nil }
    return recognised(Dictionary(uniqueKeysWithValues: own))
  }
}

/// All that the program asks about a backbone.
public struct BackboneDescription: Sendable {
  /// Its name in settings, checkpoints and messages.
  public let name: String
  /// Channels of the features at strides 4, 8, 16 and 32.
  package let channels: [Int]
  /// How its input is normalised.
  package let normalization: ChannelNormalization
  /// How many rows of its finest feature an element of it sees at most, above and below its own; nil where every
  /// element sees the whole image, which is then never computed in strips.
  package let reach: Int?
  /// The published weights that it can start from.
  package let pretrained: PretrainedWeights
  /// Whether tensors of these names and shapes are its own, as far as a few of them tell; names have no prefix.
  let recognises: @Sendable (_ shapes: [String: [Int]]) -> Bool
  /// Makes its layers, whose tensors are named below the scope.
  let make: @Sendable (_ scope: ParameterScope) throws(TorchError) -> any Backbone
  /// What it offers as frozen features; nil where it offers none.
  package internal(set) var extractor: FeatureExtractorDescription?
}

extension BackboneDescription: Equatable, CustomStringConvertible {
  /// Names are unique.
  public static func == (a: BackboneDescription, b: BackboneDescription) -> Bool { a.name == b.name }

  public var description: String { name }
}

/// Published weights of a backbone: where they come from, and how their names differ from those here.
package struct PretrainedWeights: Sendable {
  /// The file that is needed, as the subject of "... are needed".
  package let needed: String
  /// The path, below the checkout, of the file that Scripts/setup installs for `imagenet`; nil where it installs none.
  package let installed: String?
  /// Prefixes of names in the file that the backbone does not have, such as those of the classifier.
  let dropped: [String]
  /// Prefixes of the backbone's names that the file may lack.
  let optional: [String]
  /// The backbone's name of a tensor in the file.
  let renamed: @Sendable (_ name: String) -> String

  init(
    needed: String, installed: String? = nil, dropped: [String], optional: [String] = [],
    renamed: @escaping @Sendable (_ name: String) -> String = { $0 }
  ) {
    (self.needed, self.installed) = (needed, installed)
    (self.dropped, self.optional, self.renamed) = (dropped, optional, renamed)
  }
}

/// A backbone as a source of features at strides 4, 8 and 16, and of its classifier's input.
package protocol FeatureExtractor: Foldable {
  /// The levels of its description for normalised images `[N, 3, H, W]`, finest first: `[N, channels, h, w]`.
  func levels(_ images: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor]
}

/// What a backbone offers as features.
package struct FeatureExtractorDescription: Sendable {
  /// Channels of its levels at strides 4, 8 and 16, and of the last, at the stride that is asked for, which is pooled too.
  package let channels: [Int]
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
