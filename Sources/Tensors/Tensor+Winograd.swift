import CLibTorch

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
