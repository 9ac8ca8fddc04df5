import CLibTorch

/// Convolutions with what follows them in one pass of oneDNN, for prediction: nothing is recorded for `backward`.
/// Tensors are on the CPU, all of one type.
extension Tensor {
  /// Whether this LibTorch has them for float32, if it was built with oneDNN, or for bfloat16, if the processor allows that.
  public static func hasFusedConvolution(_ type: ElementType) -> Bool { torch_has_fused_convolution(type.rawValue) }

  /// activation(convolution).
  public func convolvedFused(
    _ weight: Tensor, _ bias: Tensor?, stride: Int, padding: Int, groups: Int, activation: Activation
  ) throws(TorchError) -> Tensor {
    try Operator.fusedConvolution(
      self, weight, bias, [padding, padding], [stride, stride], [1, 1], groups, activation.oneDNN ?? "none",
      activation.constants, "")
  }

  /// Adds the convolution of `x` to this tensor, activates it in place, and returns it.
  public func addConvolutionFused(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: Int, padding: Int, groups: Int, activation: Activation
  ) throws(TorchError) -> Tensor {
    // After an addition LibTorch offers ReLU alone.
    let isFused = activation == .relu
    let sum = try Operator.fusedAddition(
      self, x, weight, bias, [padding, padding], [stride, stride], [1, 1], groups, "add", 1.0,
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
