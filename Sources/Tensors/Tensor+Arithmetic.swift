/// Element by element, with LibTorch's broadcasting.
extension Tensor {
  public static func + (a: Tensor, b: Tensor) throws(TorchError) -> Tensor { try Operator.add(a, b) }
  public static func - (a: Tensor, b: Tensor) throws(TorchError) -> Tensor { try Operator.sub(a, b) }
  public static func * (a: Tensor, b: Tensor) throws(TorchError) -> Tensor { try Operator.mul(a, b) }
  public static func / (a: Tensor, b: Tensor) throws(TorchError) -> Tensor { try Operator.div(a, b) }
  public static func + (a: Tensor, b: Double) throws(TorchError) -> Tensor { try Operator.addScalar(a, b) }
  public static func - (a: Double, b: Tensor) throws(TorchError) -> Tensor { try Operator.rsubScalar(b, a) }
  public static func * (a: Tensor, b: Double) throws(TorchError) -> Tensor { try Operator.mulScalar(a, b) }
  public static func / (a: Tensor, b: Double) throws(TorchError) -> Tensor { try Operator.divScalar(a, b) }
  public static prefix func - (a: Tensor) throws(TorchError) -> Tensor { try Operator.neg(a) }

  public func power(_ exponent: Double) throws(TorchError) -> Tensor { try Operator.pow(self, exponent) }
  public func exponential() throws(TorchError) -> Tensor { try Operator.exp(self) }
  /// log(1 / (1 + exp(-x))).
  public func logSigmoid() throws(TorchError) -> Tensor { try Operator.logSigmoid(self) }

  /// Adds in place.
  public func add(_ other: Tensor) throws(TorchError) { try Operator.addInPlace(self, other) }
  /// Adds a whole number in place.
  public func add(_ number: Int) throws(TorchError) { try Operator.addScalarInPlace(self, number) }
  /// Multiplies in place.
  public func scale(by factor: Double) throws(TorchError) { try Operator.mulInPlace(self, factor) }
  /// Sets every element.
  public func fill(_ value: Double) throws(TorchError) { try Operator.fillInPlace(self, value) }
  /// Copies the elements of a tensor of a shape that broadcasts to this one's, converting their type and device.
  public func copy(from source: Tensor) throws(TorchError) { try Operator.copyInPlace(self, source) }

  // Comparisons give a tensor of booleans.
  public func isEqual(to value: Int) throws(TorchError) -> Tensor { try Operator.eq(self, value) }
  public func isLess(than value: Double) throws(TorchError) -> Tensor { try Operator.lt(self, value) }
  public func isAtLeast(_ value: Double) throws(TorchError) -> Tensor { try Operator.ge(self, value) }
  public func logicalNot() throws(TorchError) -> Tensor { try Operator.logicalNot(self) }

  /// Elements of `a` where `condition` holds, of `b` elsewhere.
  public static func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) throws(TorchError) -> Tensor {
    try Operator.selectWhere(condition, a, b)
  }

  /// This tensor with `value` where `mask` holds.
  public func filled(where mask: Tensor, with value: Double) throws(TorchError) -> Tensor {
    try Operator.maskedFill(self, mask, value)
  }
}

extension Operator {
  static let add = Operator("add", "Tensor")
  static let sub = Operator("sub", "Tensor")
  static let mul = Operator("mul", "Tensor")
  static let div = Operator("div", "Tensor")
  static let addScalar = Operator("add", "Scalar")
  static let rsubScalar = Operator("rsub", "Scalar")
  static let mulScalar = Operator("mul", "Scalar")
  static let divScalar = Operator("div", "Scalar")
  static let neg = Operator("neg")
  static let pow = Operator("pow", "Tensor_Scalar")
  static let exp = Operator("exp")
  static let logSigmoid = Operator("log_sigmoid")
  static let addInPlace = Operator("add_", "Tensor")
  static let addScalarInPlace = Operator("add_", "Scalar")
  static let mulInPlace = Operator("mul_", "Scalar")
  static let fillInPlace = Operator("fill_", "Scalar")
  static let copyInPlace = Operator("copy_")
  static let eq = Operator("eq", "Scalar")
  static let lt = Operator("lt", "Scalar")
  static let ge = Operator("ge", "Scalar")
  static let logicalNot = Operator("logical_not")
  static let selectWhere = Operator("where", "self")
  static let maskedFill = Operator("masked_fill", "Scalar")
}

/// Matrix products and bases.
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
