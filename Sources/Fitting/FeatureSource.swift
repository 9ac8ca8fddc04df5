import Batches
import Images
import Networks
import Tensors

/// Frozen features of photographs, as the network sees them in prediction.
public struct FeatureSource {
  private let network: FrozenFeaturesInference
  private let device: Device
  /// The longer side, in pixels, that larger photographs are reduced to first; nil for none.
  private let maxSide: Int?

  /// The backbone is folded once, here.
  public init(_ network: FrozenFeaturesNetwork, maxSide: Int? = nil) throws {
    self.network = try network.foldedBackbone()
    self.maxSide = maxSide
    device = network.store.device
  }

  /// Features of a photograph, or of its mirror image.
  public func features(of photograph: Image, mirrored: Bool = false) throws -> FrozenFeatures {
    let image = try network.architecture.normalization.tensor(from: photograph.reduced(toSide: maxSide)).to(device)
    return try network.encode(mirrored ? image.flipped([3]) : image)
  }

  /// Strokes at the size at which features see their photograph.
  public func reduced(_ strokes: LabelMap) -> LabelMap { strokes.reduced(toSide: maxSide, keepingStrokes: true) }

  /// The class scores of a photograph from its features, with the head as it is now.
  public func scores(of features: FrozenFeatures) throws -> GridScores { try network.scores(of: features) }
}
