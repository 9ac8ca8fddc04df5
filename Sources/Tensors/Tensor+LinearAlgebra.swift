/// Matrices.
extension Tensor {
  /// The `side x side` matrix with ones on its diagonal.
  public static func identity(
    _ side: Int, _ type: ElementType = .float32, on device: Device = .cpu
  ) throws(TorchError) -> Tensor { try Operator.eye(side, type, nil, device) }

  /// The product of matrices in the last two dimensions; the dimensions before them broadcast.
  public func matrixProduct(_ other: Tensor) throws(TorchError) -> Tensor { try Operator.matmul(self, other) }

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
  static let eye = Operator("eye")
  static let matmul = Operator("matmul")
  static let qr = Operator("linalg_qr")
}
