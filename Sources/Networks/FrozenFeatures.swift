import Layers
import Tensors

/// Frozen features of one photograph, from which a head predicts and samples are taken.
public struct FrozenFeatures {
  /// Levels of all scales, `[1, channels, h, w]` each: those of the first scale, finest first, then those of the next.
  public let levels: [Tensor]
  /// Means over the positions of the first scale's last level, `[1, D]`.
  public let pooled: Tensor
  /// Height and width of the photograph in pixels.
  public let height: Int
  public let width: Int

  init(levels: [Tensor], pooled: Tensor, height: Int, width: Int) {
    (self.levels, self.pooled, self.height, self.width) = (levels, pooled, height, width)
  }

  /// The same with levels in float16, which takes half the memory; the pooled feature stays as it is.
  public func narrowed() throws(TorchError) -> FrozenFeatures {
    let levels = try levels.map { level throws(TorchError) in try level.to(.float16).contiguous() }
    return FrozenFeatures(levels: levels, pooled: pooled, height: height, width: width)
  }

  /// Bytes of the levels.
  public var byteCount: Int { levels.reduce(0) { $0 + $1.elementCount * $1.type.byteCount } }

  /// The features at some pixels, counted in row order, in float32 `[K, channels]`; between positions of a level they
  /// are interpolated bilinearly, as `resizedBilinear` does it.
  public func samples(at pixels: [Int]) throws(TorchError) -> Tensor {
    let points = pixels.flatMap { pixel -> [Float] in
      let (row, column) = (Float(pixel / width), Float(pixel % width))
      return [(2 * column + 1) / Float(width) - 1, (2 * row + 1) / Float(height) - 1]
    }
    let grid = try Tensor(points, [1, 1, pixels.count, 2]).to(pooled.device)
    let parts = try levels.map { level throws(TorchError) in
      try level.to(.float32).sampledBilinear(at: grid).selected(0, 0).selected(1, 0)
    }
    return try Tensor.concatenated(parts, 0).permuted([1, 0]).contiguous()
  }
}

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
  package static func recognises(_ shapes: [String: [Int]]) -> Bool { shapes[hidden] != nil && shapes[output] != nil }

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

/// A backbone that stays as it is, and a head of two layers on its features (Docs/Method.md, "Frozen features").
///
/// Only the head and a classifier of tags, the classes that occur in a photograph, are learnt, from features that are
/// computed once.
public struct FrozenFeaturesNetwork: TrainedWeights {
  public let configuration: FrozenFeaturesConfiguration
  public let store: ParameterStore
  package let head: FeatureHead
  /// Which classes occur in a photograph at all: logits from its pooled features.
  package let tags: FeatureHead
  /// The logarithm of the share of photographs in which each class occurs, `[C]`.
  package let tagPrior: Tensor
  private let extractor: any FeatureExtractor
  private let description: FeatureExtractorDescription

  /// The prefix of the names that are fitted.
  package static let headScope = "head"
  package static let tagScope = "tags"

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
  package var fitted: [ParameterStore.Entry] {
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
  package func foldedBackbone() throws(TorchError) -> FrozenFeaturesInference {
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
