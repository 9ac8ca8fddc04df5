import Layers
import Tensors

/// The network of BLPSeg (Wang et al., IEEE TIP 2023): class scores of every pixel, and how likely each pixel is to
/// carry a scribble of each class.
///
/// Tensors have the names of the published checkpoints.
public struct BLPSeg {
  public let configuration: BLPSegConfiguration
  /// All tensors of the network; empty where it is folded.
  public private(set) var store: ParameterStore
  /// Weights of the scribble loss per class, the last one for "unlabelled": `[C + 1]`. Part of the checkpoints.
  public let scribbleClassWeight: Tensor

  private(set) var backbone: any Backbone
  private(set) var pooling: PyramidPooling
  private(set) var decoder: Decoder
  private(set) var classHead: PixelHead
  private(set) var scribbleHead: PixelHead
  let embedding: PatchEmbedding

  /// The prefix of the backbone's names.
  public static let backboneScope = "backbone"

  /// A network with fresh weights in `store`, which must be empty.
  public init(
    _ configuration: BLPSegConfiguration, _ store: ParameterStore, unlabelledWeight: Double = 0.02
  ) throws(TorchError) {
    precondition(store.entries.isEmpty, "the store holds another network")
    let scope = store.root
    let (classes, width) = (configuration.classCount, configuration.decoderWidth)
    let channels = configuration.backbone.channels
    self.configuration = configuration
    self.store = store
    backbone = try configuration.backbone.make(scope / Self.backboneScope)
    pooling = try PyramidPooling(
      scope / "ppm", channels[channels.count - 1], width: width, dropout: configuration.dropout)
    decoder = try Decoder(scope / "decoder", channels.dropLast(), width: width)
    classHead = try PixelHead(scope / "seg_head", width: width, outputs: classes)
    scribbleHead = try PixelHead(scope / "scribble_head", width: width, outputs: classes + 1)
    embedding = try PatchEmbedding(scope / "embed_proj", width: width)
    scribbleClassWeight = try (scope / "CELoss").buffer("weight", [classes + 1], .constant(1))
    try withoutGradient { () throws(TorchError) in
      try scribbleClassWeight.sliced(0, classes, classes + 1).fill(unlabelledWeight)
    }
  }

  /// Features of the backbone at strides 4, 8, 16 and 32.
  public func features(_ image: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] { try backbone(image, mode) }

  /// The feature along which local aggregation spreads, in full: `[N, D, ceil(H / 4), ceil(W / 4)]`.
  public func shallowFeature(_ image: Tensor) throws(TorchError) -> Tensor { try embedding(image) }

  /// Predictions for normalised images `[N, 3, H, W]`.
  public func callAsFunction(_ image: Tensor, _ mode: Mode) throws(TorchError) -> BLPSegPrediction {
    // Pixel by pixel is the order in which convolutions run fastest.
    let image = try image.contiguous(.channelsLast)
    let finest = try kept(image, mode) { image, mode throws(TorchError) in try backbone.finest(image, mode) }
    let features = try [finest] + backbone.coarser(finest, mode)
    let pooled = try pooling(features[features.count - 1], mode)
    let decoded = try decoder(features.dropLast(), pooled, mode)
    let scores = try classHead(decoded, mode)
    return BLPSegPrediction(
      size: (image.shape[2], image.shape[3]), decoded: decoded, scores: scores,
      aggregated: try aggregated(
        scores,
        along: kept(image, mode) { image, mode throws(TorchError) in
          try mode.execution == .plain ? embedding(image) : embedding.coordinates(image)
        }, mode.execution),
      scribbleScores: try scribbleHead(decoded.detached(), mode))
  }

  /// What `body` makes of images. In training what it computes on the way is the largest part of all that a backward pass
  /// needs, and is computed again for it, which takes little time.
  private func kept(
    _ image: Tensor, _ mode: Mode, _ body: @escaping (Tensor, Mode) throws(TorchError) -> Tensor
  ) throws(TorchError) -> Tensor {
    guard mode.isTraining, mode.execution == .fast else { return try body(image, mode) }
    return try image.recomputed { image, isAgain throws(TorchError) in
      try body(image, isAgain ? mode.repeated : mode)
    }
  }

  /// Scores after local aggregation along coordinates of the shallow feature, `[N, K, ceil(H / 4), ceil(W / 4)]`.
  func aggregated(
    _ scores: Tensor, along coordinates: @autoclosure () throws(TorchError) -> Tensor, _ execution: Execution = .fast
  ) throws(TorchError) -> Tensor {
    guard let sigma = configuration.sigma else { return scores }
    let feature = try coordinates().resizedBilinear(height: scores.shape[2], width: scores.shape[3])
    // Scores of feature pairs reach hundreds: under autocast they are still computed in float32.
    let type: ElementType = scores.type == .float64 ? .float64 : .float32
    let (features, values) = (try feature.to(type), try scores.to(type))
    return try execution == .plain
      ? features.locallyAggregatedByTable(values, sigma: sigma) : features.locallyAggregated(values, sigma: sigma)
  }
}

extension BLPSeg: Foldable {
  /// The network for prediction alone: faster, with the same results but for rounding.
  ///
  /// Batch normalisation is folded into the convolutions and, on the CPU in float32, activations and additions are
  /// computed together with them. The weights are copies: what this network learns later does not reach them. Nearly
  /// all memory of this network is free as soon as nothing else holds it.
  public func folded(_ type: ElementType? = nil) throws(TorchError) -> BLPSeg {
    var network = self
    network.store = try ParameterStore()
    network.backbone = try backbone.folded(type)
    network.pooling = try pooling.folded(type)
    network.decoder = try decoder.folded(type)
    network.classHead = try classHead.folded(type)
    network.scribbleHead = try scribbleHead.folded(type)
    return network
  }
}
