import Layers
import Tensors

/// The network of BLPSeg (Wang et al., IEEE TIP 2023): class scores of every pixel, and how likely each pixel is to
/// carry a scribble of each class (Docs/Method.md, "Network").
///
/// Tensors have the names of the published checkpoints.
public struct BLPSeg: SegmentationNetwork {
  public let configuration: BLPSegConfiguration
  public let store: ParameterStore
  /// Weights of the scribble loss per class, the last one for "unlabelled": `[C + 1]`. Part of the checkpoints.
  public let scribbleClassWeight: Tensor
  private let layers: BLPSegLayers

  /// The weight of "unlabelled" in the published scribble loss.
  public static let publishedUnlabelledWeight = 0.02

  /// The prefix of the backbone's names.
  package static let backboneScope = "backbone"

  /// A network with fresh weights in `store`, which must be empty.
  public init(
    _ configuration: BLPSegConfiguration, _ store: ParameterStore,
    unlabelledWeight: Double = BLPSeg.publishedUnlabelledWeight
  ) throws(TorchError) {
    precondition(store.entries.isEmpty, "the store holds another network")
    let classes = configuration.classCount
    self.configuration = configuration
    self.store = store
    layers = try BLPSegLayers(store.root, configuration)
    scribbleClassWeight = try store.root.scribbleClassWeight(classes, unlabelledWeight)
  }

  public var architecture: Architecture { configuration.architecture }

  /// The outputs for normalised images `[N, 3, H, W]`: both halves, one after the other.
  public func callAsFunction(_ images: Tensor, _ mode: Mode) throws(TorchError) -> NetworkOutput {
    try decode(encode(images, mode), mode)
  }

  /// The first half: the backbone, the pyramid pooling and the decoder's coarser levels.
  public func encode(_ images: Tensor, _ mode: Mode) throws(TorchError) -> EncodedImages {
    try layers.encode(images, stripArea: nil, mode)
  }

  /// The second half: the decoder's finest level, the heads and local aggregation.
  public func decode(_ images: EncodedImages, _ mode: Mode) throws(TorchError) -> NetworkOutput {
    try layers.decode(images, mode)
  }

  /// The network for prediction with the weights that it has at any time; `folded` is faster.
  public var inference: BLPSegInference { BLPSegInference(layers) }

  /// Batch normalisation is folded into the convolutions and, on the CPU in float32, activations and additions are
  /// computed together with them. Nearly all memory of this network is free as soon as nothing else holds it.
  public func folded(_ type: ElementType? = nil) throws(TorchError) -> BLPSegInference {
    BLPSegInference(try layers.folded(type))
  }

  public func copy() throws(TorchError) -> BLPSeg {
    let copy = try BLPSeg(configuration, ParameterStore(type: store.type, device: store.device))
    try copy.store.copy(from: store)
    return copy
  }

  /// The backbone's features at strides 4, 8, 16 and 32.
  package func features(_ images: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] {
    try layers.features(images, mode)
  }

  /// The feature along which local aggregation spreads, in full: `[N, D, ceil(H / 4), ceil(W / 4)]`.
  package func shallowFeature(_ images: Tensor) throws(TorchError) -> Tensor { try layers.shallowFeature(images) }
}

/// A BLPSeg network for prediction alone, in evaluation mode.
public struct BLPSegInference: InferenceNetwork {
  private let layers: BLPSegLayers

  init(_ layers: BLPSegLayers) { self.layers = layers }

  public var architecture: Architecture { layers.configuration.architecture }

  public func encode(_ images: Tensor, stripArea: Int) throws(TorchError) -> EncodedImages {
    try withInference { () throws(TorchError) in try layers.encode(images, stripArea: stripArea, .evaluation) }
  }

  public func scores(
    of images: consuming EncodedImages, withScribbles: Bool
  ) throws(TorchError) -> NetworkScores {
    try layers.scores(of: images, withScribbles: withScribbles)
  }

  /// All outputs for normalised images `[N, 3, H, W]`, computed whole, in an execution that can be plain.
  package func callAsFunction(
    _ images: Tensor, _ execution: Execution = .fast
  ) throws(TorchError) -> NetworkOutput {
    let mode = Self.mode(execution)
    return try withInference { () throws(TorchError) in
      try layers.decode(layers.encode(images, stripArea: nil, mode), mode)
    }
  }

  /// The backbone's features at strides 4, 8, 16 and 32.
  package func features(_ images: Tensor, _ execution: Execution = .fast) throws(TorchError) -> [Tensor] {
    try withInference { () throws(TorchError) in try layers.features(images, Self.mode(execution)) }
  }

  private static func mode(_ execution: Execution) -> Mode {
    execution == .plain ? .evaluation.plain : .evaluation
  }
}

extension BLPSeg {
  /// The name of a table that published checkpoints hold beside the network's tensors.
  ///
  /// It holds the weight of every pair of positions of a 96 x 96 grid, 340 MB; local aggregation here does without.
  package static let distanceTable = "distance_prob"

  /// Whether published checkpoints hold a tensor of this name that is not the network's.
  package static func isDropped(_ name: String) -> Bool {
    name == distanceTable || name.hasPrefix("\(backboneScope).fc.")
  }

  /// Loads a whole state dict, strictly except for the names that `isDropped` and numbers of batches, which old files
  /// lack.
  public func load(_ tensors: [(name: String, tensor: Tensor)]) throws {
    try store.load(tensors, isOptional: isBatchCount, isExtra: Self.isDropped)
  }

  /// Loads published weights of the backbone alone, whose names have no prefix, strictly except for what the backbone's
  /// description says of them and for numbers of batches.
  public func loadBackbone(_ tensors: [(name: String, tensor: Tensor)]) throws {
    let pretrained = configuration.backbone.pretrained
    try store.loadBackbone(
      tensors.map { (pretrained.renamed($0.name), $0.tensor) }, dropped: pretrained.dropped,
      optional: pretrained.optional)
  }
}

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
