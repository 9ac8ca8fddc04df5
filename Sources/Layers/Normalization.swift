import Tensors

/// Batch normalisation over N, H and W, in training over the batches of all processes, with running statistics for
/// evaluation.
public struct BatchNorm2d {
  let weight: Tensor
  let bias: Tensor
  let runningMean: Tensor
  let runningVariance: Tensor
  let batchesTracked: Tensor
  let momentum: Double
  let epsilon: Double

  /// `momentum` is the weight of the newest batch in the running statistics.
  public init(
    _ scope: ParameterScope, _ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5
  ) throws(TorchError) {
    weight = try scope.parameter("weight", [channels], .constant(1))
    bias = try scope.parameter("bias", [channels], .constant(0))
    runningMean = try scope.buffer("running_mean", [channels], .constant(0))
    runningVariance = try scope.buffer("running_var", [channels], .constant(1))
    batchesTracked = try scope.buffer("num_batches_tracked", [], .constant(0), .int64)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Throws in training by the batch's statistics where a channel has a single value, whose variance would be NaN.
  public func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    let usesBatch = mode.isTraining && !mode.fixesStatistics
    if usesBatch, x.elementCount / weight.elementCount * (mode.group?.count ?? 1) < 2 {
      throw TorchError(
        operation: "batch_norm", shapes: [x.shape],
        message: "a single value per channel has no variance to learn from; a batch needs at least 2 images")
    }
    if mode.updatesStatistics { try batchesTracked.add(1) }
    let momentum = mode.updatesStatistics ? momentum : 0
    if usesBatch, let group = mode.group {
      return try group.batchNormalized(
        x, weight, bias, mean: runningMean, variance: runningVariance, momentum: momentum, epsilon: epsilon)
    }
    return try x.batchNormalized(
      weight, bias, mean: runningMean, variance: runningVariance, training: usesBatch, momentum: momentum,
      epsilon: epsilon)
  }
}

extension BatchNorm2d {
  /// What the normalisation by its running statistics multiplies each channel by, and what it then adds, `[channels]` each;
  /// gradients flow to its weight and bias.
  func scaleAndShift() throws(TorchError) -> (scale: Tensor, shift: Tensor) {
    let scale = try weight * (runningVariance + epsilon).power(-0.5)
    return (scale, try bias - runningMean * scale)
  }
}

/// Layer normalisation over the last dimension.
public struct LayerNorm {
  public let weight: Tensor
  public let bias: Tensor
  let epsilon: Double

  public init(_ scope: ParameterScope, _ channels: Int, epsilon: Double = 1e-5) throws(TorchError) {
    weight = try scope.parameter("weight", [channels], .constant(1))
    bias = try scope.parameter("bias", [channels], .constant(0))
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor) throws(TorchError) -> Tensor {
    try x.layerNormalized(weight, bias, epsilon: epsilon)
  }
}
