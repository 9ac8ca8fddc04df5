/// How the sums of local aggregation are taken.
public enum AggregationMethod: String, Sendable {
  /// Tile by tile, on the CPU.
  case kernel
  /// As two attentions, whose sums are LibTorch's.
  case attention
  /// The same with features and results rounded to bfloat16, for float32.
  case bfloat16Attention = "bfloat16_attention"
  /// The same with features and results rounded to float16, for float32.
  case float16Attention = "float16_attention"
  /// In LibTorch's operators, some targets at a time, on any device.
  case chunks
}

/// Local aggregation (Docs/Method.md, "Local aggregation") of values `[N, C, h, w]` along features (self) `[N, D, h, w]`, both
/// float32 or both float64; `[N, C, h, w]`. Time grows with the square of `h * w`.
extension Tensor {
  /// Memory grows with `h * w`. Where no method is given the device decides: the kernel on the CPU, attention on CUDA in
  /// float32, rounded as autocast and TF32 round, and chunks elsewhere.
  public func locallyAggregated(
    _ values: Tensor, sigma: Double, by method: AggregationMethod? = nil
  ) throws(TorchError) -> Tensor {
    let results = try Operator.localAggregation.tensors(self, values, sigma, method?.rawValue ?? "")
    guard let aggregated = results.first else {
      throw TorchError(operation: "local_aggregation", shapes: [shape, values.shape], message: "no result came back")
    }
    return aggregated
  }

  /// The formula as written, in LibTorch's operators alone: memory grows with the square of `h * w`.
  public func locallyAggregatedByTable(_ values: Tensor, sigma: Double) throws(TorchError) -> Tensor {
    let (sizes, channels) = (shape, values.shape[1])
    let (images, count) = (sizes[0], sizes[2] * sizes[3])
    let feature = try reshaped([images, sizes[1], count])
    // Products that reach hundreds must not be rounded to 16 bits.
    return try withoutAutocast(on: device) { () throws(TorchError) in
      let shares = try feature.permuted([0, 2, 1]).matrixProduct(feature).softmax(1)
      let weights = try shares * distanceWeights(sigma: sigma)
      let sums = try weights.sum([1], keepingDimensions: true) + 1e-7
      return try (values.reshaped([images, channels, count]).matrixProduct(weights) / sums).reshaped(values.shape)
    }
  }

  /// e^(-|p_a - p_b|^2 / 2 sigma^2) for all pairs of positions of `[N, D, h, w]`, `[h * w, h * w]`, with the kernel's
  /// roundings to float32.
  private func distanceWeights(sigma: Double) throws(TorchError) -> Tensor {
    let (height, width) = (shape[2], shape[3])
    func squaredDifferences(_ side: Int) throws(TorchError) -> Tensor {
      let position = try Tensor((0..<side).map(Double.init), [side])
      return try (position.reshaped([side, 1]) - position).power(2)
    }
    let squared = try squaredDifferences(height).reshaped([height, 1, height, 1])
    let distance = try (squared + squaredDifferences(width).reshaped([1, width, 1, width])).power(0.5).to(.float32)
    let exponent = try -(distance * distance) / max(2 * sigma * sigma, 1e-30)
    return try exponent.to(.float64).exponential().to(.float32).reshaped([height * width, height * width])
      .to(type).to(device)
  }
}

extension Operator {
  fileprivate static let localAggregation = Operator("blpseg::local_aggregation")
}
