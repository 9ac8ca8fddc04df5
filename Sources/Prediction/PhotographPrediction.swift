import DenseCRF
import Images
import Tensors

/// What a network says about one photograph, at the photograph's size.
public struct PhotographPrediction {
  /// Class logits averaged over the views, float32 `[C, H, W]`.
  public let logits: Tensor
  /// Probabilities after the dense CRF, `[C, H, W]`; nil without it.
  private let refined: Tensor?

  init(logits: Tensor, refined: Tensor? = nil) {
    self.logits = logits
    self.refined = refined
  }

  public var height: Int { logits.shape[1] }
  public var width: Int { logits.shape[2] }

  /// Class probabilities, `[C, H, W]`: the softmax of the logits, refined where a dense CRF was asked for.
  public func probability() throws(TorchError) -> Tensor {
    if let refined { return refined }
    return try logits.softmax(0)
  }

  /// The most probable class of each pixel.
  public func labels() throws(TorchError) -> LabelMap {
    LabelMap(width: width, height: height, labels: try (refined ?? logits).argmax(0).to(.uint8).uint8s())
  }

  /// The same with its probabilities refined by a dense CRF on the photograph.
  func refined(by settings: DenseCRF.Settings, _ photograph: Image) throws(TorchError) -> PhotographPrediction {
    let shape = logits.shape
    let refined = DenseCRF(settings).refined(
      try logits.softmax(0).floats(), classCount: shape[0], image: photograph, threads: LibTorch.threadCount)
    return PhotographPrediction(logits: logits, refined: try Tensor(refined, shape))
  }
}
