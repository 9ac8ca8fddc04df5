/// Matrices.
extension Tensor {
  /// `[m, k]` times `[k, n]`: `[m, n]`.
  public func matrixProduct(_ other: Tensor) throws(TorchError) -> Tensor { try Operator.matrixProduct(self, other) }

  /// Orthonormal columns that span at least what the columns of this matrix `[m, n]`, m >= n, span: `[m, n]`.
  public func orthonormalBasis() throws(TorchError) -> Tensor {
    let factors = try Operator.qr.tensors(self, "reduced")
    guard let basis = factors.first else {
      throw TorchError(operation: "linalg_qr", shapes: [shape], message: "no factor came back")
    }
    return basis
  }
}

extension Operator {
  static let matrixProduct = Operator("mm")
  static let qr = Operator("linalg_qr")
}
