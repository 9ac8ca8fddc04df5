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
  /// The natural logarithm.
  public func logarithm() throws(TorchError) -> Tensor { try Operator.log(self) }
  public func squareRoot() throws(TorchError) -> Tensor { try Operator.sqrt(self) }
  public func magnitude() throws(TorchError) -> Tensor { try Operator.abs(self) }
  /// -1, 0 or 1.
  public func sign() throws(TorchError) -> Tensor { try Operator.sgn(self) }
  /// log(1 + e^x), without overflow.
  public func softplus() throws(TorchError) -> Tensor { try Operator.softplus(self) }
  /// Elements below the least number become that, those above the largest become that; nil sets no bound.
  public func clamped(_ least: Double?, _ largest: Double? = nil) throws(TorchError) -> Tensor {
    try Operator.clamp(self, least, largest)
  }

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
  public func isEqual(to other: Tensor) throws(TorchError) -> Tensor { try Operator.eqTensor(self, other) }
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
  static let log = Operator("log")
  static let sqrt = Operator("sqrt")
  static let abs = Operator("abs")
  static let sgn = Operator("sgn")
  static let softplus = Operator("softplus")
  static let clamp = Operator("clamp")
  static let addInPlace = Operator("add_", "Tensor")
  static let addScalarInPlace = Operator("add_", "Scalar")
  static let mulInPlace = Operator("mul_", "Scalar")
  static let fillInPlace = Operator("fill_", "Scalar")
  static let copyInPlace = Operator("copy_")
  static let eq = Operator("eq", "Scalar")
  static let eqTensor = Operator("eq", "Tensor")
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
  package func orthonormalBasis() throws(TorchError) -> Tensor {
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

/// Sums, extremes and normalised exponentials.
extension Tensor {
  /// Over all elements.
  public func sum() throws(TorchError) -> Tensor { try Operator.sum(self) }
  public func sum(_ dims: [Int], keepingDimensions: Bool = false) throws(TorchError) -> Tensor {
    try Operator.sumDims(self, dims, keepingDimensions)
  }
  /// Over all elements.
  public func mean() throws(TorchError) -> Tensor { try Operator.mean(self) }
  public func mean(_ dims: [Int], keepingDimensions: Bool = false) throws(TorchError) -> Tensor {
    try Operator.meanDims(self, dims, keepingDimensions)
  }
  /// Whether every element is true.
  public func all() throws(TorchError) -> Tensor { try Operator.all(self) }
  /// The root of the sum of squares of all elements.
  public func norm() throws(TorchError) -> Tensor { try Operator.norm(self) }

  /// log of the sum of e^x over dimensions, which vanish.
  public func logSumExp(_ dims: [Int]) throws(TorchError) -> Tensor { try Operator.logsumexp(self, dims) }

  /// How often each whole number 0..<limit occurs among the elements, int64 `[limit]`; none may lie outside.
  public func occurrences(below limit: Int) throws(TorchError) -> Tensor {
    // LibTorch's own count waits for the device.
    if device.kind == .cpu { return try Operator.bincount(reshaped([-1]), nil, limit) }
    let (values, dimension) = (try reshaped([-1]), 0)
    let counts = try Tensor.zeros([limit], .int64, on: device)
    return try Operator.scatterAdd(counts, dimension, values, values.onesAlike())
  }

  /// The largest element along a dimension, and its index (int64).
  public func maximum(_ dim: Int) throws(TorchError) -> (values: Tensor, indices: Tensor) {
    let results = try Operator.max.tensors(self, dim)
    guard results.count == 2 else {
      throw TorchError(operation: "max", shapes: [shape], message: "values and indices were expected")
    }
    return (results[0], results[1])
  }

  /// The index (int64) of the largest element along a dimension.
  public func argmax(_ dim: Int) throws(TorchError) -> Tensor { try Operator.argmax(self, dim) }
  public func softmax(_ dim: Int) throws(TorchError) -> Tensor { try Operator.softmax(self, dim) }
  public func logSoftmax(_ dim: Int) throws(TorchError) -> Tensor { try Operator.logSoftmax(self, dim) }
  /// The logarithm of the sum of the exponentials along a dimension, without it.
  public func logSumExp(_ dim: Int) throws(TorchError) -> Tensor { try Operator.logSumExp(self, [dim]) }
}

extension Operator {
  static let sum = Operator("sum")
  static let sumDims = Operator("sum", "dim_IntList")
  static let mean = Operator("mean")
  static let meanDims = Operator("mean", "dim")
  static let all = Operator("all")
  static let logsumexp = Operator("logsumexp")
  static let bincount = Operator("bincount")
  static let scatterAdd = Operator("scatter_add")
  static let norm = Operator("linalg_vector_norm")
  static let max = Operator("max", "dim")
  static let argmax = Operator("argmax")
  static let softmax = Operator("softmax", "int")
  static let logSoftmax = Operator("log_softmax", "int")
  static let logSumExp = Operator("logsumexp")
}

/// Tests for NaN and infinity.
extension Tensor {
  public func isFinite() throws(TorchError) -> Tensor { try Operator.isfinite(self) }
  public func isNaN() throws(TorchError) -> Tensor { try Operator.isnan(self) }

  /// Whether no element is infinite or NaN: one pass over the elements where that holds.
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
