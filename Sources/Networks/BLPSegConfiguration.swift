/// What a BLPSeg network is made of.
public struct BLPSegConfiguration: Sendable, Equatable {
  public var backbone: BackboneKind
  /// C, background included.
  public var classCount: Int
  /// D, the width of the decoder and its heads.
  public var decoderWidth: Int
  /// Probability with which the pyramid pooling drops a channel in training.
  public var dropout: Double
  /// Reach of local aggregation in grid positions; nil leaves local aggregation out.
  public var sigma: Double?

  public init(
    backbone: BackboneKind, classCount: Int, decoderWidth: Int = 256, dropout: Double = 0.1, sigma: Double? = 6
  ) {
    self.backbone = backbone
    self.classCount = classCount
    self.decoderWidth = decoderWidth
    self.dropout = dropout
    self.sigma = sigma
  }
}
