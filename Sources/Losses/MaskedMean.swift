import Tensors

extension Tensor {
  /// The mean of the elements at which `mask`, of this shape, is true or 1; 0, with a gradient of 0, where it is so
  /// nowhere. Elements are finite.
  func mean(where mask: Tensor) throws(TorchError) -> Tensor {
    let mask = try mask.to(type)
    return try (self * mask).sum().perOne(of: mask.sum())
  }

  /// The quotient by a count, which has no dimensions; 0 where the count, and with it this sum, is 0.
  func perOne(of count: Tensor) throws(TorchError) -> Tensor {
    let count = try count.to(type)
    return try self / count.filled(where: count.isEqual(to: 0), with: 1)
  }
}
