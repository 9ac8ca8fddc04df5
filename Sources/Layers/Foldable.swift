import Tensors

/// A part of a network that has a form for prediction alone, where batch normalisation is folded into convolutions.
public protocol Foldable {
  /// The same function in evaluation up to rounding, with a copy of the weights; later training does not change it.
  ///
  /// `type` is the type that convolutions will compute in under autocast; nil keeps that of the weights.
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
