/// The parts and sizes of a BLPSeg network.
public struct BLPSegConfiguration: Sendable, Equatable {
  public var backbone: BackboneDescription
  /// C, background included.
  public var classCount: Int
  /// D, the width of the decoder and its heads, in channels.
  public var decoderWidth: Int
  /// Probability with which the pyramid pooling drops a channel in training, 0..<1.
  public var dropout: Double
  /// Whether the local aggregation module refines the class scores.
  public var localAggregation: Bool
  /// Reach of local aggregation in grid positions, above 0.
  public var sigma: Double

  public init(
    backbone: BackboneDescription = .efficientNetLite0, classCount: Int = 21, decoderWidth: Int = 256,
    dropout: Double = 0.1, localAggregation: Bool = true, sigma: Double = 6
  ) {
    self.backbone = backbone
    self.classCount = classCount
    self.decoderWidth = decoderWidth
    self.dropout = dropout
    self.localAggregation = localAggregation
    self.sigma = sigma
  }

  public var architecture: Architecture {
    // The two finest features and the decoder's coarser levels. With ResNet-101 at 4000 x 3000, prediction is
    // estimated at 3.1 GB in all, and 2.8 were measured (Docs/Benchmarks.md).
    Architecture(
      classCount: classCount, normalization: backbone.normalization,
      bytesPerPixel: backbone.channels[0] / 4 + backbone.channels[1] / 8 + decoderWidth / 8)
  }
}

extension BLPSegConfiguration: CustomStringConvertible {
  /// Such as "BLPSeg, backbone resnet101, 21 classes, decoder width 256".
  public var description: String {
    "BLPSeg, backbone \(backbone.name), \(classCount) classes, decoder width \(decoderWidth)"
  }
}

extension BLPSegConfiguration {
  /// The configuration of a checkpoint that carries no settings, inferred from the shapes of its tensors by name.
  ///
  /// Throws when the names are not those of a BLPSeg network. Dropout and sigma take their published values.
  public init(inferredFrom shapes: [String: [Int]]) throws(UnknownNetwork) {
    let output = "seg_head.4.weight"
    guard let head = shapes[output], head.count == 4 else {
      throw UnknownNetwork(problem: "there is no tensor \(output), whose shape tells the classes and the width")
    }
    guard let backbone = Backbones.recognised(inNetwork: shapes) else {
      throw UnknownNetwork(problem: "the names under \(BLPSeg.backboneScope) are those of no backbone known here")
    }
    self.init(backbone: backbone, classCount: head[0], decoderWidth: head[1])
  }
}

/// Why names and shapes are not those of a BLPSeg network.
public struct UnknownNetwork: Error, Equatable, Sendable, CustomStringConvertible {
  public let problem: String
  public var description: String { "this is not a BLPSeg network: \(problem)" }
}
