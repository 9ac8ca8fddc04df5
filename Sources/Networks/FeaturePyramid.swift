import Layers
import Tensors

/// A feature pyramid network (Lin et al., CVPR 2017) with a classifier of tags, the classes that occur in a photograph
/// (Docs/Method.md, "Feature pyramid").
///
/// The backbone keeps the statistics of batch normalisation that it was trained with, and nothing else is normalised, so that
/// small batches do no harm.
public struct FeaturePyramid: SegmentationNetwork {
  public let configuration: FeaturePyramidConfiguration
  public let store: ParameterStore
  public let scribbleClassWeight: Tensor
  private let layers: FeaturePyramidLayers

  static let pyramidScope = "pyramid"
  static let tagScope = "tags"
  static let embeddingScope = "embed_proj"

  /// A network with fresh weights in `store`, which must be empty. The backbone must offer an extractor.
  public init(
    _ configuration: FeaturePyramidConfiguration, _ store: ParameterStore,
    unlabelledWeight: Double = BLPSeg.publishedUnlabelledWeight
  ) throws(TorchError) {
    precondition(store.entries.isEmpty, "the store holds another network")
    (self.configuration, self.store) = (configuration, store)
    layers = try FeaturePyramidLayers(store.root, configuration)
    scribbleClassWeight = try store.root.scribbleClassWeight(configuration.classCount, unlabelledWeight)
  }

  public var architecture: Architecture { configuration.architecture }

  public func callAsFunction(_ images: Tensor, _ mode: Mode) throws(TorchError) -> NetworkOutput {
    try layers(images, mode.withFixedStatistics)
  }

  public var seenPhotographs: Tensor? { layers.tags.seen }

  public func folded(_ type: ElementType? = nil) throws(TorchError) -> FeaturePyramidInference {
    FeaturePyramidInference(try layers.folded(type))
  }

  public func copy() throws(TorchError) -> FeaturePyramid {
    let copy = try FeaturePyramid(configuration, ParameterStore(type: store.type, device: store.device))
    try copy.store.copy(from: store)
    return copy
  }

  /// Loads the backbone from published weights, strictly except for what the extractor's description says of their names.
  public func loadBackbone(_ tensors: [(name: String, tensor: Tensor)]) throws {
    try store.loadBackbone(tensors, dropped: configuration.backbone.extractor?.dropped ?? [])
  }

  /// Loads a whole state dict, strictly except for numbers of batches.
  public func load(_ tensors: [(name: String, tensor: Tensor)]) throws {
    try store.load(tensors, isOptional: isBatchCount)
  }
}

/// A feature pyramid network for prediction alone.
public struct FeaturePyramidInference: InferenceNetwork {
  private let layers: FeaturePyramidLayers

  fileprivate init(_ layers: FeaturePyramidLayers) { self.layers = layers }

  /// Images with their features, computed whole.
  public struct Encoded {
    fileprivate let images: Tensor
    fileprivate let levels: [Tensor]
  }

  public var architecture: Architecture { layers.configuration.architecture }

  public func encode(_ images: Tensor, stripArea: Int) throws(TorchError) -> Encoded {
    try withInference { () throws(TorchError) in
      Encoded(images: images, levels: try layers.levels(images, .evaluation))
    }
  }

  public func scores(of images: consuming Encoded, withScribbles: Bool) throws(TorchError) -> NetworkScores {
    let (pixels, levels) = (images.images, images.levels)
    return try withInference { () throws(TorchError) in
      let (decoded, pooled) = try layers.decoded(levels, .evaluation)
      var scores = try layers.aggregated(layers.classes(decoded, .evaluation), pixels, .evaluation).to(pixels.type)
      if layers.configuration.tagWeight > 0 {
        let tags = try layers.tags.scores(of: layers.tags(pooled, .evaluation).to(pixels.type))
        scores = try scores + tags.reshaped(tags.shape + [1, 1]) * layers.configuration.tagWeight
      }
      let (height, width) = (pixels.shape[2], pixels.shape[3])
      let scribbles = withScribbles ? try layers.scribbles(decoded, .evaluation).to(pixels.type) : nil
      return NetworkScores(
        classes: GridScores(scores: scores, height: height, width: width),
        scribbles: scribbles.map { GridScores(scores: $0, height: height, width: width) })
    }
  }
}

/// The layers of a feature pyramid network.
private struct FeaturePyramidLayers: Foldable {
  let configuration: FeaturePyramidConfiguration
  private var extractor: any FeatureExtractor
  /// Of the levels, finest first: 1x1 convolutions into the pyramid's width.
  private var laterals: [ConvBlock]
  private var context: PyramidContext
  private(set) var classes: ConvBlock
  private(set) var scribbles: ConvBlock
  let tags: TagClassifier
  private let embedding: PatchEmbedding?

  init(_ scope: ParameterScope, _ configuration: FeaturePyramidConfiguration) throws(TorchError) {
    guard let description = configuration.backbone.extractor else {
      preconditionFailure("\(configuration.backbone.name) offers no feature extractor")
    }
    self.configuration = configuration
    let (width, pyramid) = (configuration.width, scope / FeaturePyramid.pyramidScope)
    extractor = try description.make(scope / BLPSeg.backboneScope, configuration.outputStride)
    var laterals: [ConvBlock] = []
    for (index, channels) in description.channels.enumerated() {
      // The finer levels, which tell least of classes, join as they learn.
      let isFine = index < description.channels.count - 2
      laterals.append(
        ConvBlock(try Conv2d(pyramid / "laterals" / index, channels, width, kernel: 1, bias: true, isZero: isFine)))
    }
    self.laterals = laterals
    let pooled = description.channels[description.channels.count - 1]
    context = try PyramidContext(pyramid / "context", pooled: pooled, width: width)
    classes = ConvBlock(
      try Conv2d(pyramid / "classes", width, configuration.classCount, kernel: 1, bias: true, isZero: true))
    scribbles = ConvBlock(
      try Conv2d(pyramid / "scribbles", width, configuration.classCount + 1, kernel: 1, bias: true, isZero: true))
    tags = try TagClassifier(scope / FeaturePyramid.tagScope, channels: pooled, classCount: configuration.classCount)
    embedding =
      configuration.localAggregation ? try PatchEmbedding(scope / FeaturePyramid.embeddingScope, width: width) : nil
  }

  func callAsFunction(_ images: Tensor, _ mode: Mode) throws(TorchError) -> NetworkOutput {
    let levels =
      mode.freezesBackbone
      ? try withoutGradient { () throws(TorchError) in try self.levels(images, mode) } : try self.levels(images, mode)
    let (decoded, pooled) = try decoded(levels, mode)
    let scores = try classes(decoded, mode)
    return NetworkOutput(
      size: (images.shape[2], images.shape[3]), decoded: decoded, scores: scores,
      aggregated: try aggregated(scores, images, mode), scribbleScores: try scribbles(decoded.detached(), mode),
      tagLogits: try tags(pooled, mode))
  }

  /// The backbone's levels at strides 4, 8, 16 and `outputStride`.
  func levels(_ images: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] {
    try extractor.levels(images.contiguous(.channelsLast), mode)
  }

  /// The finest sum of the pyramid after its ReLU, and the coarsest level pooled, `[N, channels, 1, 1]`.
  func decoded(_ levels: [Tensor], _ mode: Mode) throws(TorchError) -> (decoded: Tensor, pooled: Tensor) {
    let coarsest = levels[levels.count - 1]
    let dropout = ChannelDropout(configuration.dropout)
    let pooled = try coarsest.mean([2, 3], keepingDimensions: true)
    var x = try laterals[levels.count - 1](dropout(coarsest, mode), mode)
    for (index, (level, lateral)) in zip(levels, laterals).enumerated().dropLast().reversed() {
      x = try x.resizedBilinear(height: level.shape[2], width: level.shape[3]) + lateral(level, mode)
      if index == levels.count - 2 { x = try context(x, dropout(pooled, mode), mode) }
    }
    return (try x.activated(by: .relu), pooled)
  }

  /// Class scores after local aggregation, where the network has it.
  func aggregated(_ scores: Tensor, _ images: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    guard let embedding else { return scores }
    return try scores.locallyAggregated(
      along: mode.execution == .plain ? embedding(images) : embedding.coordinates(images), sigma: configuration.sigma,
      mode)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> FeaturePyramidLayers {
    var layers = self
    layers.extractor = try extractor.folded(type)
    layers.laterals = try laterals.folded(type)
    layers.context = try context.folded(type)
    layers.classes = try classes.folded(type)
    layers.scribbles = try scribbles.folded(type)
    return layers
  }
}

/// What a position knows of its surroundings and of the whole image: depthwise 5x5 convolutions at strides 16 and 32, and a
/// linear layer of the pooled feature, `[N, channels, 1, 1]`, all added.
private struct PyramidContext: Foldable {
  private var near: ConvBlock
  private var far: ConvBlock
  private var whole: ConvBlock

  init(_ scope: ParameterScope, pooled: Int, width: Int) throws(TorchError) {
    func depthwise(_ scope: ParameterScope) throws(TorchError) -> ConvBlock {
      ConvBlock(
        try Conv2d(scope, width, width, kernel: 5, padding: .zeros(2), groups: width, bias: true, isZero: true))
    }
    near = try depthwise(scope / "near")
    far = try depthwise(scope / "far")
    whole = ConvBlock(try Conv2d(scope / "whole", pooled, width, kernel: 1, bias: true))
  }

  func callAsFunction(_ x: Tensor, _ pooled: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    let (height, width) = (x.shape[2], x.shape[3])
    let y = try x + whole(pooled, mode)
    let active = try y.activated(by: .relu)
    let coarse = height > 1 && width > 1 ? try active.averagePooled(2) : active
    return try y + near(active, mode) + far(coarse, mode).resizedBilinear(height: height, width: width)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> PyramidContext {
    var context = self
    context.near = try near.folded(type)
    context.far = try far.folded(type)
    context.whole = try whole.folded(type)
    return context
  }
}
