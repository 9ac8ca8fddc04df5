import Layers
import Tensors

/// A backbone that stays as it is, and a head of two layers on its features (Docs/Method.md, "Frozen features").
///
/// Only the head and a classifier of tags, the classes that occur in a photograph, are learnt, from features that are
/// computed once.
public struct FrozenFeaturesNetwork: TrainedWeights {
  public let configuration: FrozenFeaturesConfiguration
  public let store: ParameterStore
  public let head: FeatureHead
  /// Which classes occur in a photograph at all: logits from its pooled features.
  public let tags: FeatureHead
  /// The logarithm of the share of photographs in which each class occurs, `[C]`.
  package let tagPrior: Tensor
  private let extractor: any FeatureExtractor
  private let description: FeatureExtractorDescription

  /// The prefix of the names that are fitted.
  public static let headScope = "head"
  public static let tagScope = "tags"

  /// A network with fresh weights in `store`, which must be empty. The backbone must offer frozen features.
  public init(_ configuration: FrozenFeaturesConfiguration, _ store: ParameterStore) throws(TorchError) {
    precondition(store.entries.isEmpty, "the store holds another network")
    guard let description = configuration.backbone.extractor else {
      preconditionFailure("\(configuration.backbone.name) offers no frozen features")
    }
    (self.configuration, self.store, self.description) = (configuration, store, description)
    extractor = try description.make(store.root / BLPSeg.backboneScope, 16)
    let (channels, classes) = (description.channels, configuration.classCount)
    head = try FeatureHead(
      store.root / Self.headScope, channels: configuration.channels, width: configuration.width, outputs: classes)
    tags = try FeatureHead(
      store.root / Self.tagScope, channels: channels[channels.count - 1], width: configuration.width, outputs: classes)
    tagPrior = try (store.root / Self.tagScope).buffer("prior", [classes], .constant(0))
  }

  public var architecture: Architecture { configuration.architecture }

  /// What is fitted: the parameters of the head and of the classifier of tags.
  public var fitted: [ParameterStore.Entry] {
    store.parameters.filter { entry in
      [Self.headScope, Self.tagScope].contains { entry.name.hasPrefix("\($0).") }
    }
  }

  public func folded(_ type: ElementType? = nil) throws(TorchError) -> FrozenFeaturesInference {
    FrozenFeaturesInference(
      configuration, try extractor.folded(type), levelsPerScale: configuration.levelChannels.count, try head.copy(),
      try tags.copy(), tagPrior: try tagPrior.cloned())
  }

  /// The same with the weights that this network's heads have at any time, for a look at heads that are being fitted.
  public func foldedBackbone() throws(TorchError) -> FrozenFeaturesInference {
    FrozenFeaturesInference(
      configuration, try extractor.folded(nil), levelsPerScale: configuration.levelChannels.count, head, tags,
      tagPrior: tagPrior)
  }

  /// Loads the backbone from published weights, strictly except for what the description says of their names.
  public func loadBackbone(_ tensors: [(name: String, tensor: Tensor)]) throws {
    try store.loadBackbone(tensors, dropped: description.dropped)
  }

  /// Loads a whole state dict, strictly except for numbers of batches.
  public func load(_ tensors: [(name: String, tensor: Tensor)]) throws {
    try store.load(tensors, isOptional: isBatchCount)
  }
}

/// A network of frozen features for prediction.
public struct FrozenFeaturesInference: InferenceNetwork {
  /// The grid of the scores is that of the photograph's pixels divided by this.
  static let gridStride = 4

  private let configuration: FrozenFeaturesConfiguration
  private let extractor: any FeatureExtractor
  private let levelsPerScale: Int
  private let head: FeatureHead
  private let tags: FeatureHead
  private let tagPrior: Tensor

  fileprivate init(
    _ configuration: FrozenFeaturesConfiguration, _ extractor: any FeatureExtractor, levelsPerScale: Int,
    _ head: FeatureHead, _ tags: FeatureHead, tagPrior: Tensor
  ) {
    (self.configuration, self.extractor, self.levelsPerScale) = (configuration, extractor, levelsPerScale)
    (self.head, self.tags, self.tagPrior) = (head, tags, tagPrior)
  }

  public var architecture: Architecture { configuration.architecture }

  /// Features of normalised images, computed whole.
  public func encode(_ images: Tensor, stripArea: Int) throws(TorchError) -> FrozenFeatures {
    try withInference { () throws(TorchError) in
      let (height, width) = (images.shape[2], images.shape[3])
      var levels: [Tensor] = []
      for scale in configuration.scales {
        func side(_ length: Int) -> Int { max(1, Int((Double(length) * scale).rounded())) }
        let view = try images.resizedAntialiased(height: side(height), width: side(width)).contiguous(.channelsLast)
        levels += try extractor.levels(view, .evaluation).suffix(levelsPerScale)
      }
      let pooled = try levels[levelsPerScale - 1].mean([2, 3])
      return FrozenFeatures(levels: levels, pooled: pooled, height: height, width: width)
    }
  }

  public func scores(
    of images: consuming FrozenFeatures, withScribbles: Bool
  ) throws(TorchError) -> NetworkScores {
    let (height, width) = (images.height, images.width)
    return try withInference { () throws(TorchError) in
      let stride = Self.gridStride
      var scores = try head.scores(
        of: images.levels, height: (height + stride - 1) / stride, width: (width + stride - 1) / stride)
      if configuration.tagWeight > 0 { scores = try scores + tagScores(images.pooled) * configuration.tagWeight }
      return NetworkScores(classes: GridScores(scores: scores, height: height, width: width), scribbles: nil)
    }
  }

  /// How much more probable than in other photographs each class is, as a difference of logarithms, `[N, C, 1, 1]`; 0 for
  /// the background, which may occur everywhere.
  private func tagScores(_ pooled: Tensor) throws(TorchError) -> Tensor {
    try tags(pooled).tagScores(relativeTo: tagPrior).reshaped([-1, configuration.classCount, 1, 1])
  }
}
