import Images
import Layers
import Tensors

/// A network that turns an image into features at four scales.
public protocol Backbone: Foldable {
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
  public let channels: [Int]
  /// How its input is normalised.
  public let normalization: ChannelNormalization
  /// How many rows of its finest feature an element of it sees at most, above and below its own; nil where every
  /// element sees the whole image, which is then never computed in strips.
  public let reach: Int?
  /// The published weights that it can start from.
  public let pretrained: PretrainedWeights
  /// Whether tensors of these names and shapes are its own, as far as a few of them tell; names have no prefix.
  let recognises: @Sendable (_ shapes: [String: [Int]]) -> Bool
  /// Makes its layers, whose tensors are named below the scope.
  let make: @Sendable (_ scope: ParameterScope) throws(TorchError) -> any Backbone
  /// What it offers as frozen features; nil where it offers none.
  public internal(set) var extractor: FeatureExtractorDescription?
}

extension BackboneDescription: Equatable, CustomStringConvertible {
  /// Names are unique.
  public static func == (a: BackboneDescription, b: BackboneDescription) -> Bool { a.name == b.name }

  public var description: String { name }
}

/// Published weights of a backbone: where they come from, and how their names differ from those here.
public struct PretrainedWeights: Sendable {
  /// The file that is needed, as the subject of "... are needed".
  public let needed: String
  /// The path, below the checkout, of the file that Scripts/setup installs for `imagenet`; nil where it installs none.
  public let installed: String?
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
