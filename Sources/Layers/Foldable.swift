import Tensors

/// A part of a network that has a form for prediction alone, where batch normalisation is folded into convolutions.
public protocol Foldable {
  /// The same function in evaluation but for rounding, with weights of its own, which follow no more what is learnt.
  ///
  /// `type` is what convolutions will compute in under autocast; nil keeps the type of the weights.
  func folded(_ type: ElementType?) throws(TorchError) -> Self
}

extension Array: Foldable where Element: Foldable {
  public func folded(_ type: ElementType?) throws(TorchError) -> [Element] {
    try map { element throws(TorchError) in try element.folded(type) }
  }
}

extension Optional: Foldable where Wrapped: Foldable {
  public func folded(_ type: ElementType?) throws(TorchError) -> Wrapped? {
    try map { wrapped throws(TorchError) in try wrapped.folded(type) }
  }
}
