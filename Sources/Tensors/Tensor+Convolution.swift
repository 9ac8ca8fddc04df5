import CLibTorch

/// An elementwise activation.
public enum Activation: Sendable {
  /// Nothing.
  case none
  /// Below 0 it becomes 0.
  case relu
  /// Below 0 it becomes 0, above 6 it becomes 6.
  case relu6
}

extension Tensor {
  /// Activates in place.
  public func activate(by activation: Activation) throws(TorchError) {
    switch activation {
    case .none: break
    case .relu: try Operator.reluInPlace(self)
    case .relu6: try Operator.hardtanhInPlace(self, 0, 6)
    }
  }

  /// The same in a tensor of its own; this one where there is nothing to do.
  public func activated(by activation: Activation) throws(TorchError) -> Tensor {
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
  public static func hasFusedConvolution(_ type: ElementType) -> Bool { torch_has_fused_convolution(type.rawValue) }

  /// activation(convolution).
  public func convolvedFused(
    _ weight: Tensor, _ bias: Tensor?, stride: Int, padding: Int, dilation: Int = 1, groups: Int,
    activation: Activation
  ) throws(TorchError) -> Tensor {
    try Operator.fusedConvolution(
      self, weight, bias, [padding, padding], [stride, stride], [dilation, dilation], groups,
      activation.oneDNN ?? "none", activation.constants, "")
  }

  /// Adds the convolution of `x` to this tensor, activates it in place, and returns it.
  public func addConvolutionFused(
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
  public func suitsWinograd(_ weight: Tensor) -> Bool { torch_suits_winograd(handle, weight.handle) }

  /// `[N, K, H, W]`, with gradients.
  public func convolvedByWinograd(_ weight: Tensor) throws(TorchError) -> Tensor {
    try Operator.winograd(self, weight)
  }

  /// The convolution, to which `bias`, `[K]`, and `addend`, `[N, K, H, W]`, are added, and ReLU of that where `rectified`;
  /// nothing is recorded for `backward`.
  public func convolvedByWinograd(
    _ weight: Tensor, _ bias: Tensor?, adding addend: Tensor?, rectified: Bool
  ) throws(TorchError) -> Tensor {
    try Operator.winogradFused(self, weight, bias, addend, rectified)
  }
}

extension Operator {
  fileprivate static let winograd = Operator("blpseg::winograd_convolution")
  fileprivate static let winogradFused = Operator("blpseg::winograd_convolution_fused")
}
