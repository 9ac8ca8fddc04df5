/// Convolutions with kernels of 3 x 3, stride 1 and one zero on every side, by Winograd's way (Lavin and Gray, CVPR 2016):
/// the same but for rounding, with a quarter of the multiplications.
extension Tensor {
  /// Whether that is there for images `self`, `[N, C, H, W]`, and `weight`, `[K, C, 3, 3]`, and faster than LibTorch's
  /// convolution, as far as was measured: float32 on the CPU, channels enough to fill vectors, and tiles of 4 x 4
  /// positions enough to be worth what is done once for all of them, which grows with the number of weights.
  public func suitsWinograd(_ weight: Tensor) -> Bool {
    let (sizes, weights) = (shape, weight.shape)
    guard type == .float32, weight.type == .float32, device == .cpu, weight.device == .cpu else { return false }
    guard weights[2...] == [3, 3], weights[..<2].allSatisfy({ $0 >= 32 && $0 % 16 == 0 }) else { return false }
    let tiles = sizes[0] * ((sizes[2] + 3) / 4) * ((sizes[3] + 3) / 4)
    return tiles >= max(24, weights[0] * weights[1] / 2700)
  }

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
