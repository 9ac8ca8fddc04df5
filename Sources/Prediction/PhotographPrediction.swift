import Images
import Tensors

/// What a network says about one photograph, at the photograph's size.
public struct PhotographPrediction {
  /// Class logits averaged over the views, float32 `[C, H, W]`.
  public let logits: Tensor

  public var height: Int { logits.shape[1] }
  public var width: Int { logits.shape[2] }

  /// Class probabilities, `[C, H, W]`.
  public func probability() throws(TorchError) -> Tensor { try logits.softmax(0) }

  /// The most probable class of each pixel.
  public func labels() throws(TorchError) -> LabelMap {
    LabelMap(width: width, height: height, labels: try logits.argmax(0).to(.uint8).uint8s())
  }
}
