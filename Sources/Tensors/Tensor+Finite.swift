/// Numbers that are infinite or none.
extension Tensor {
  public func isFinite() throws(TorchError) -> Tensor { try Operator.isfinite(self) }
  public func isNaN() throws(TorchError) -> Tensor { try Operator.isnan(self) }

  /// Whether no element is infinite or not a number: one pass over the elements where that holds.
  public func isAllFinite() throws(TorchError) -> Bool {
    guard type.isFloatingPoint else { return true }
    return try withoutGradient { () throws(TorchError) in
      // A sum is infinite also where finite numbers are too large for it.
      if try sum().item().isFinite { return true }
      return try isFinite().all().item() == 1
    }
  }
}

extension Operator {
  fileprivate static let isfinite = Operator("isfinite")
  fileprivate static let isnan = Operator("isnan")
}
