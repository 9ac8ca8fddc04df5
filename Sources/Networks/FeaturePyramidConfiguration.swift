/// The parts and sizes of a feature pyramid network.
public struct FeaturePyramidConfiguration: Sendable, Equatable {
  /// One that offers a `FeatureExtractor`.
  public var backbone: BackboneDescription
  /// C, background included.
  public var classCount: Int
  /// Channels of the pyramid.
  public var width: Int
  /// Stride of the coarsest level, 16 or 32; 16 sees more detail and takes twice the time.
  public var outputStride: Int
  /// Probability with which training drops a channel of the coarsest feature, 0..<1.
  public var dropout: Double
  /// Weight of what the photograph as a whole tells of its classes in prediction: how much more probable than in others a
  /// class is there, as the difference of logarithms, is added to its scores. 0 leaves it out.
  public var tagWeight: Double
  /// Whether the local aggregation module refines the class scores.
  public var localAggregation: Bool
  /// Reach of local aggregation in grid positions, above 0.
  public var sigma: Double

  public init(
    backbone: BackboneDescription = .efficientNetLite0, classCount: Int = 21, width: Int = 256, outputStride: Int = 32,
    dropout: Double = 0.3, tagWeight: Double = 1, localAggregation: Bool = false, sigma: Double = 6
  ) {
    (self.backbone, self.classCount, self.width) = (backbone, classCount, width)
    (self.outputStride, self.dropout, self.tagWeight) = (outputStride, dropout, tagWeight)
    (self.localAggregation, self.sigma) = (localAggregation, sigma)
  }

  public var architecture: Architecture {
    // The stem and the widened channels of the first blocks, four bytes each: 32 at stride 2 and 96 at stride 2; and the
    // pyramid at stride 4 twice.
    Architecture(classCount: classCount, normalization: backbone.normalization, bytesPerPixel: 240 + width / 2)
  }
}

extension FeaturePyramidConfiguration: CustomStringConvertible {
  /// Such as "feature pyramid, backbone efficientnet_lite0, 21 classes, width 256".
  public var description: String {
    "feature pyramid, backbone \(backbone.name), \(classCount) classes, width \(width)"
  }
}

extension FeaturePyramidConfiguration {
  private static let output = "\(FeaturePyramid.pyramidScope).classes.weight"

  /// Whether tensors of these names are those of a feature pyramid network, as far as one of them tells.
  package static func recognises(_ shapes: [String: [Int]]) -> Bool { shapes[output] != nil }

  /// The configuration of a checkpoint, inferred from the shapes of its tensors by name.
  ///
  /// Throws when they are not those of such a network. The output stride, dropout, sigma and the weight of tags take their
  /// defaults.
  public init(inferredFrom shapes: [String: [Int]]) throws(UnknownNetwork) {
    guard let last = shapes[Self.output], last.count == 4, last[0] > 0, last[1] > 0 else {
      throw UnknownNetwork(problem: "\(Self.output) does not tell the classes and the width")
    }
    guard let backbone = Backbones.recognised(inNetwork: shapes),
      let channels = backbone.extractor?.channels
    else {
      throw UnknownNetwork(problem: "the names under \(BLPSeg.backboneScope) are those of no known feature extractor")
    }
    // Before memory is taken for a network larger than the file could hold.
    let lateral = "\(FeaturePyramid.pyramidScope).laterals.\(channels.count - 1).weight"
    guard shapes[lateral] == [last[1], channels[channels.count - 1], 1, 1] else {
      throw UnknownNetwork(problem: "\(lateral) does not fit \(Self.output) and the backbone")
    }
    self.init(
      backbone: backbone, classCount: last[0], width: last[1],
      localAggregation: shapes["\(FeaturePyramid.embeddingScope).proj.weight"] != nil)
  }
}
