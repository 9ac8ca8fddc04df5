/// Operators that networks are made of; images are `[N, C, H, W]`.
extension Tensor {
  public func convolved(
    _ weight: Tensor, _ bias: Tensor?, stride: Int, padding: Int, groups: Int
  ) throws(TorchError) -> Tensor {
    try Operator.conv2d(self, weight, bias, [stride, stride], [padding, padding], [1, 1], groups)
  }

  /// Batch normalisation; in training the running statistics are updated in place with weight `momentum`.
  public func batchNormalized(
    _ weight: Tensor, _ bias: Tensor, mean: Tensor, variance: Tensor, training: Bool, momentum: Double, epsilon: Double
  ) throws(TorchError) -> Tensor {
    try Operator.batchNorm(self, weight, bias, mean, variance, training, momentum, epsilon, true)
  }

  /// Normalised over the last dimension.
  public func layerNormalized(_ weight: Tensor, _ bias: Tensor, epsilon: Double) throws(TorchError) -> Tensor {
    try Operator.layerNorm(self, weight.shape, weight, bias, epsilon)
  }

  public func maxPooled(kernel: Int, stride: Int, padding: Int) throws(TorchError) -> Tensor {
    try Operator.maxPool2d(self, [kernel, kernel], [stride, stride], [padding, padding])
  }

  /// Means over a `size x size` division of the image.
  public func adaptiveAveragePooled(_ size: Int) throws(TorchError) -> Tensor {
    try Operator.adaptiveAvgPool2d(self, [size, size])
  }

  /// Resized bilinearly; the same tensor where the size is met already.
  public func resizedBilinear(height: Int, width: Int, alignCorners: Bool = false) throws(TorchError) -> Tensor {
    let sizes = shape
    if sizes[sizes.count - 2] == height && sizes[sizes.count - 1] == width { return self }
    return try Operator.upsampleBilinear2d(self, [height, width], alignCorners)
  }
}

extension Operator {
  static let conv2d = Operator("conv2d")
  static let batchNorm = Operator("batch_norm")
  static let layerNorm = Operator("layer_norm")
  static let maxPool2d = Operator("max_pool2d")
  static let adaptiveAvgPool2d = Operator("adaptive_avg_pool2d")
  static let upsampleBilinear2d = Operator("upsample_bilinear2d")
}
