/// What a BLPSeg network is made of.
public struct BLPSegConfiguration: Sendable, Equatable {
  public var backbone: BackboneKind
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
    backbone: BackboneKind = .efficientNetLite0, classCount: Int = 21, decoderWidth: Int = 256, dropout: Double = 0.1,
    localAggregation: Bool = true, sigma: Double = 6
  ) {
    self.backbone = backbone
    self.classCount = classCount
    self.decoderWidth = decoderWidth
    self.dropout = dropout
    self.localAggregation = localAggregation
    self.sigma = sigma
  }
}
