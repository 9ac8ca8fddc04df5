import CLibTorch

/// An elementwise activation.
package enum Activation: Sendable {
  /// Nothing.
  case none
  /// Below 0 it becomes 0.
  case relu
  /// Below 0 it becomes 0, above 6 it becomes 6.
  case relu6
}

extension Tensor {
  /// Activates in place.
  package func activate(by activation: Activation) throws(TorchError) {
    switch activation {
    case .none: break
    case .relu: try Operator.reluInPlace(self)
    case .relu6: try Operator.hardtanhInPlace(self, 0, 6)
    }
  }

  /// The same in a tensor of its own; this one where there is nothing to do.
  package func activated(by activation: Activation) throws(TorchError) -> Tensor {
    switch activation {
    case .none: self
    case .relu: try Operator.relu(self)
    case .relu6: try Operator.hardtanh(self, 0, 6)
    }
  }
}

extension Operator {
  static let relu = Operator("relu")
  static let hardtanh = Operator("hardtanh")
  static let reluInPlace = Operator("relu_")
  static let hardtanhInPlace = Operator("hardtanh_")
}

/// Convolutions with what follows them in one pass of oneDNN, for prediction: nothing is recorded for `backward`.
/// Tensors are on the CPU, all of one type.
extension Tensor {
  /// Whether this LibTorch has them for float32, if it was built with oneDNN, or for bfloat16, if the processor allows that.
  package static func hasFusedConvolution(_ type: ElementType) -> Bool { torch_has_fused_convolution(type.rawValue) }

  /// activation(convolution).
  package func convolvedFused(
    _ weight: Tensor, _ bias: Tensor?, stride: Int, padding: Int, dilation: Int = 1, groups: Int,
    activation: Activation
  ) throws(TorchError) -> Tensor {
    try Operator.fusedConvolution(
      self, weight, bias, [padding, padding], [stride, stride], [dilation, dilation], groups,
      activation.oneDNN ?? "none", activation.constants, "")
  }

  /// Adds the convolution of `x` to this tensor, activates it in place, and returns it.
  package func addConvolutionFused(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: Int, padding: Int, dilation: Int = 1, groups: Int,
    activation: Activation
  ) throws(TorchError) -> Tensor {
    // After an addition LibTorch offers ReLU alone.
    let isFused = activation == .relu
    let sum = try Operator.fusedAddition(
      self, x, weight, bias, [padding, padding], [stride, stride], [dilation, dilation], groups, "add", 1.0,
      isFused ? activation.oneDNN : nil, [Double](), nil)
    if !isFused { try sum.activate(by: activation) }
    return sum
  }
}

extension Activation {
  /// LibTorch's name of it among the operations that follow convolutions.
  fileprivate var oneDNN: String? {
    switch self {
    case .none: nil
    case .relu: "relu"
    case .relu6: "hardtanh"
    }
  }

  fileprivate var constants: [Double] { self == .relu6 ? [0, 6] : [] }
}

extension Operator {
  static let fusedConvolution = Operator("mkldnn::_convolution_pointwise")
  static let fusedAddition = Operator("mkldnn::_convolution_pointwise_", "binary")
}

/// Convolutions with kernels of 3 x 3, stride 1 and one zero on every side, by Winograd's algorithm (Lavin and Gray, CVPR
/// 2016): the same but for rounding, with a quarter of the multiplications.
extension Tensor {
  /// Whether images `self`, `[N, C, H, W]`, and `weight`, `[K, C, 3, 3]`, are in float32 on the CPU and of sizes at which the
  /// algorithm is faster than LibTorch's convolution.
  package func suitsWinograd(_ weight: Tensor) -> Bool { torch_suits_winograd(handle, weight.handle) }

  /// `[N, K, H, W]`, with gradients.
  package func convolvedByWinograd(_ weight: Tensor) throws(TorchError) -> Tensor {
    try Operator.winograd(self, weight)
  }

  /// The convolution, to which `bias`, `[K]`, and `addend`, `[N, K, H, W]`, are added, and ReLU of that where `rectified`;
  /// nothing is recorded for `backward`.
  package func convolvedByWinograd(
    _ weight: Tensor, _ bias: Tensor?, adding addend: Tensor?, rectified: Bool
  ) throws(TorchError) -> Tensor {
    try Operator.winogradFused(self, weight, bias, addend, rectified)
  }
}

extension Operator {
  fileprivate static let winograd = Operator("blpseg::winograd_convolution")
  fileprivate static let winogradFused = Operator("blpseg::winograd_convolution_fused")
}

/// How the sums of local aggregation are taken.
package enum AggregationMethod: String, Sendable {
  /// Tile by tile, on the CPU.
  case kernel
  /// As two attentions, whose sums are LibTorch's.
  case attention
  /// The same with features and results rounded to bfloat16, for float32.
  case bfloat16Attention = "bfloat16_attention"
  /// The same with features and results rounded to float16, for float32.
  case float16Attention = "float16_attention"
  /// The same two by cuDNN's kernels, on CUDA.
  case bfloat16CuDNN = "bfloat16_cudnn"
  case float16CuDNN = "float16_cudnn"
  /// In LibTorch's operators, some targets at a time, on any device.
  case chunks
}

/// Local aggregation (Docs/Method.md, "Local aggregation") of values `[N, C, h, w]` along features (self) `[N, D, h, w]`, both
/// float32 or both float64; `[N, C, h, w]`. Time grows with the square of `h * w`.
extension Tensor {
  /// Memory grows with `h * w`. Where no method is given the device decides: the kernel on the CPU, attention on CUDA in
  /// float32, rounded as autocast and TF32 round, and chunks elsewhere.
  package func locallyAggregated(
    _ values: Tensor, sigma: Double, by method: AggregationMethod? = nil
  ) throws(TorchError) -> Tensor {
    let results = try Operator.localAggregation.tensors(self, values, sigma, method?.rawValue ?? "")
    guard let aggregated = results.first else {
      throw TorchError(operation: "local_aggregation", shapes: [shape, values.shape], message: "no result came back")
    }
    return aggregated
  }

  /// The formula as written, in LibTorch's operators alone: memory grows with the square of `h * w`.
  package func locallyAggregatedByTable(_ values: Tensor, sigma: Double) throws(TorchError) -> Tensor {
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
