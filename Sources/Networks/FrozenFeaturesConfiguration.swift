/// The parts and sizes of a network of frozen features.
public struct FrozenFeaturesConfiguration: Sendable, Equatable {
  public var backbone: BackboneDescription
  /// C, background included.
  public var classCount: Int
  /// Channels of the head's hidden layer.
  public var width: Int
  /// Factors of the photograph's sides at which the backbone sees it; features of all are used together.
  public var scales: [Double]
  /// Weight of what the photograph as a whole tells of its classes: how much more probable than in others a class is
  /// there, as the difference of logarithms, is added to its scores. 0 leaves it out.
  public var tagWeight: Double

  public init(
    backbone: BackboneDescription = .efficientNetLite0, classCount: Int = 21, width: Int = 256,
    scales: [Double] = [1, 0.5], tagWeight: Double = 1
  ) {
    (self.backbone, self.classCount, self.width) = (backbone, classCount, width)
    (self.scales, self.tagWeight) = (scales, tagWeight)
  }

  /// Channels of the levels that are used at each scale: those at strides 8 and 16.
  var levelChannels: [Int] { Array((backbone.extractor?.channels ?? []).dropFirst()) }

  /// Channels of a sample: those of all levels at all scales.
  public var channels: Int { levelChannels.reduce(0, +) * scales.count }

  public var architecture: Architecture {
    // Stems and widened channels of the first blocks at the largest scale, four bytes each: 32 at stride 2, 96 at stride
    // 2, and the last level at stride 16 twice.
    Architecture(classCount: classCount, normalization: backbone.normalization, bytesPerPixel: 240)
  }
}

extension FrozenFeaturesConfiguration: CustomStringConvertible {
  /// Such as "frozen features of efficientnet_lite0 at scales 1, 0.5, 21 classes, head width 256".
  public var description: String {
    let scales = scales.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }.joined(separator: ", ")
    return "frozen features of \(backbone.name) at scales \(scales), \(classCount) classes, head width \(width)"
  }
}

extension FrozenFeaturesConfiguration {
  private static let hidden = "\(FrozenFeaturesNetwork.headScope).hidden.weight"
  private static let output = "\(FrozenFeaturesNetwork.headScope).output.weight"

  /// Whether tensors of these names are those of a network of frozen features, as far as a few of them tell.
  public static func recognises(_ shapes: [String: [Int]]) -> Bool { shapes[hidden] != nil && shapes[output] != nil }

  /// The configuration of a checkpoint, inferred from the shapes of its tensors by name.
  ///
  /// Throws when they are not those of such a network. The weight of tags takes its default, and so do the scales where
  /// their number is that of the default.
  public init(inferredFrom shapes: [String: [Int]]) throws(UnknownNetwork) {
    guard let first = shapes[Self.hidden], let last = shapes[Self.output], first.count == 2, last.count == 2,
      first[0] > 0, last[1] == first[0]
    else { throw UnknownNetwork(problem: "\(Self.hidden) and \(Self.output) are not matrices that fit each other") }
    guard let backbone = Backbones.recognised(inNetwork: shapes),
      backbone.extractor != nil
    else {
      throw UnknownNetwork(problem: "the names under \(BLPSeg.backboneScope) are those of no known frozen features")
    }
    let perScale = FrozenFeaturesConfiguration(backbone: backbone).levelChannels.reduce(0, +)
    guard first[1] > 0, first[1] % perScale == 0, first[1] / perScale <= 8 else {
      throw UnknownNetwork(problem: "\(Self.hidden) takes \(first[1]) channels, and a scale has \(perScale)")
    }
    self.init(backbone: backbone, classCount: last[0], width: first[0])
    let count = first[1] / perScale
    if count != scales.count { scales = Array(repeating: 1, count: count) }
  }
}
