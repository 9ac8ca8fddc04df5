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
