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
