import Images
import Layers
import Tensors

/// A network with its weights, from which one for prediction is made.
public protocol TrainedWeights {
  associatedtype Inference: InferenceNetwork

  var architecture: Architecture { get }
  /// All tensors of the network under their checkpoint names.
  var store: ParameterStore { get }

  /// The network for prediction alone: faster, with the same results up to rounding, and with a copy of the weights,
  /// which later training does not change.
  ///
  /// `type` is the type that convolutions will compute in under autocast; nil keeps that of the weights.
  func folded(_ type: ElementType?) throws -> Inference
}

/// A network that is trained as a whole, by losses on its outputs.
public protocol SegmentationNetwork: TrainedWeights {
  /// Weights of the scribble loss per class, the last one for "unlabelled": `[C + 1]`.
  var scribbleClassWeight: Tensor { get }

  /// The outputs for normalised images `[N, 3, H, W]`.
  func callAsFunction(_ images: Tensor, _ mode: Mode) throws -> NetworkOutput

  /// How many photographs training saw of each class, and of all, `[C + 1]`; each step adds those of its batch. Nil where the
  /// network does not ask for it.
  var seenPhotographs: Tensor? { get }

  /// The same network with a copy of all tensors, which can be trained apart from this one.
  func copy() throws -> Self
}

extension SegmentationNetwork {
  public var seenPhotographs: Tensor? { nil }
}

/// A network that predicts and cannot be trained: nothing is recorded for a backward pass.
///
/// It works in two halves. `encode` is the larger one, and what it returns can be kept while scores are taken from it
/// again. What takes most memory for large images is computed in strips of rows, with the same results up to rounding.
public protocol InferenceNetwork {
  /// Images after the first half.
  associatedtype Encoded

  var architecture: Architecture { get }

  /// Encodes normalised images `[N, 3, H, W]`; `stripArea` is the approximate number of pixels per strip, here and in
  /// `scores`.
  func encode(_ images: Tensor, stripArea: Int) throws -> Encoded

  /// The scores of encoded images; those of scribbles only on request, and only where the network has them.
  ///
  /// An encoding that the caller does not keep is freed as soon as it is not needed any more.
  func scores(of images: consuming Encoded, withScribbles: Bool) throws -> NetworkScores
}

extension InferenceNetwork {
  /// Encodes normalised images `[N, 3, H, W]`, in strips of the default size.
  public func encode(_ images: Tensor) throws -> Encoded { try encode(images, stripArea: RowStrips.area) }

  /// The class scores of encoded images.
  public func scores(of images: consuming Encoded) throws -> GridScores {
    try scores(of: images, withScribbles: false).classes
  }

  /// Both halves: the scores of normalised images `[N, 3, H, W]`.
  public func scores(ofImages images: Tensor, stripArea: Int, withScribbles: Bool) throws -> NetworkScores {
    try scores(of: encode(images, stripArea: stripArea), withScribbles: withScribbles)
  }
}

/// What the program needs to know of a network, whatever its layers.
public struct Architecture: Sendable, Equatable {
  /// C, background included.
  public let classCount: Int
  /// How input images are normalised.
  public let normalization: ChannelNormalization
  /// Approximate number of bytes per pixel of an image that prediction holds at once besides the image: what is not
  /// computed in strips.
  public let bytesPerPixel: Int
}

/// The outputs of a network for a batch of images of `H x W` pixels, on the decoder's grid `h x w` (stride 4).
public struct NetworkOutput {
  /// Height and width of the images.
  let size: (height: Int, width: Int)
  /// The decoder's output, `[N, D, h, w]`.
  public let decoded: Tensor
  /// Class scores before local aggregation, `[N, C, h, w]`.
  public let scores: Tensor
  /// Class scores after local aggregation, `[N, C, h, w]`.
  public let aggregated: Tensor
  /// Scores of "a scribble of class c lies here", the last channel meaning none: `[N, C + 1, h, w]`.
  public let scribbleScores: Tensor
  /// Logits of "class c occurs in the image", `[N, C]`; nil where the network has no such classifier.
  public internal(set) var tagLogits: Tensor?

  /// z, the class logits at the images' size, `[N, C, H, W]`.
  public func logits() throws(TorchError) -> Tensor {
    try aggregated.resizedBilinear(height: size.height, width: size.width)
  }

  /// u, the logits of the annotation probability map at the images' size, `[N, C + 1, H, W]`.
  public func scribbleLogits() throws(TorchError) -> Tensor {
    try scribbleScores.resizedBilinear(height: size.height, width: size.width)
  }
}

/// Images after the first half of a network: features from which scores follow, on grids of stride 4 and coarser.
public struct EncodedImages {
  /// The normalised images, `[N, 3, H, W]`. Local aggregation takes its feature from them; it would be as large as
  /// they are.
  public let images: Tensor
  /// The backbone's feature at stride 4, `[N, channels, h, w]`, h = ceil(H / 4) and w = ceil(W / 4).
  public let finest: Tensor
  /// The decoder's coarser levels.
  let coarser: Decoder.CoarserLevels
  /// The strips of the grid `h x w` that are computed one after the other.
  let strips: RowStrips

  /// H, the height of the images.
  public var height: Int { images.shape[2] }
  /// W, the width of the images.
  public var width: Int { images.shape[3] }
}

/// The scores that a network gives images.
public struct NetworkScores {
  /// Scores of C classes, after local aggregation.
  public let classes: GridScores
  /// Scores of "a scribble of class c lies here", the last of C + 1 meaning none; nil where they were not requested, or
  /// where the network has none.
  public let scribbles: GridScores?
}

/// Scores of images on the decoder's grid `h x w` (stride 4), which are small compared with their logits.
public struct GridScores {
  /// Scores of K classes, `[N, K, h, w]`.
  public let scores: Tensor
  /// Height and width of the images.
  public let height: Int
  public let width: Int

  /// Scores of the mirrored images: all that follows from scores treats left and right alike.
  public func mirrored() throws(TorchError) -> GridScores {
    GridScores(scores: try scores.flipped([3]), height: height, width: width)
  }

  /// Those of one of the images.
  package func image(_ index: Int) throws(TorchError) -> GridScores {
    GridScores(scores: try scores.sliced(0, index, index + 1), height: height, width: width)
  }

  /// Scores of images of one size, summed: their logits, which are linear in the scores, are summed too.
  public static func + (a: GridScores, b: GridScores) throws(TorchError) -> GridScores {
    precondition((a.height, a.width) == (b.height, b.width), "only scores of images of one size are summed")
    return GridScores(scores: try a.scores + b.scores, height: a.height, width: a.width)
  }

  /// Rows of the logits at the images' size, `[N, K, rows.count, W]`.
  public func logits(_ rows: Range<Int>) throws(TorchError) -> Tensor {
    let part = ResizedRows(rows, of: height, from: scores.shape[2])
    return try scores.rows(part.source).resizedBilinear(to: part, width: width)
  }
}

// What networks do with their tensors alike.

extension ParameterScope {
  /// The weights of the scribble loss per class, the last one for "unlabelled": a buffer `[C + 1]` by its published name.
  func scribbleClassWeight(_ classCount: Int, _ unlabelledWeight: Double) throws(TorchError) -> Tensor {
    let weight = try (self / "CELoss").buffer("weight", [classCount + 1], .constant(1))
    try withoutGradient { () throws(TorchError) in
      try weight.sliced(0, classCount, classCount + 1).fill(unlabelledWeight)
    }
    return weight
  }
}

extension ParameterStore {
  /// Copies all tensors from those of the same network in another store.
  func copy(from other: ParameterStore) throws(TorchError) {
    try withoutGradient { () throws(TorchError) in
      for (own, source) in zip(entries, other.entries) { try own.tensor.copy(from: source.tensor) }
    }
  }

  /// Loads the backbone alone from tensors whose names have no prefix, strictly: but for those whose names begin as one of
  /// `dropped`, which the backbone does not have, and those that the tensors may lack, which begin as one of `optional` or are
  /// numbers of batches.
  func loadBackbone(
    _ tensors: [(name: String, tensor: Tensor)], dropped: [String], optional: [String] = []
  ) throws {
    let prefix = "\(BLPSeg.backboneScope)."
    func begins(_ name: some StringProtocol, as beginnings: [String]) -> Bool {
      beginnings.contains { name.hasPrefix($0) }
    }
    try load(
      tensors.filter { !begins($0.name, as: dropped) }.map { (prefix + $0.name, $0.tensor) },
      isOptional: { name in
        guard name.hasPrefix(prefix) else { return true }
        return isBatchCount(name) || begins(name.dropFirst(prefix.count), as: optional)
      })
  }
}

/// Whether a tensor is batch normalisation's number of batches, which changes nothing.
func isBatchCount(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") }
