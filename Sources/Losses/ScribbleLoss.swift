import Tensors

/// Mean cross entropy of the annotation map: which class, if any, is scribbled on each pixel (spec section 3).
///
/// `logits` are u, `[N, C + 1, H, W]`; `labels` int64 `[N, H, W]` with C for "unlabelled" and 255 left out;
/// `classWeight` is `[C + 1]`, and the mean is weighted with it.
public func scribbleLoss(_ logits: Tensor, _ labels: Tensor, classWeight: Tensor) throws(TorchError) -> Tensor {
  let meanOverPixels = 1
  return try Operator.crossEntropyLoss(logits, labels, classWeight.to(logits.type), meanOverPixels, BatchLabel.ignored)
}

extension Operator {
  static let crossEntropyLoss = Operator("cross_entropy_loss")
}
