import Tensors

/// Convolution without bias, batch normalisation, ReLU: names `0.weight`, `1.…` as in a PyTorch `Sequential`.
public struct ConvNormReLU {
  let conv: Conv2d
  let norm: BatchNorm2d

  /// `kernel` is odd; the size of the image is kept.
  public init(_ scope: ParameterScope, _ inChannels: Int, _ outChannels: Int, kernel: Int) throws(TorchError) {
    conv = try Conv2d(scope / 0, inChannels, outChannels, kernel: kernel, padding: .zeros(kernel / 2), bias: false)
    norm = try BatchNorm2d(scope / 1, outChannels)
  }

  public func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    try norm(conv(x), mode).relu()
  }
}
