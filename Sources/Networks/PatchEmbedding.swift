import Layers
import Tensors

/// The shallow feature along which local aggregation spreads: patches of 4 x 4 pixels, projected and normalised.
struct PatchEmbedding {
  private static let patch = 4

  private let projection: Conv2d
  private let norm: LayerNorm
  private let conv: Conv2d

  init(_ scope: ParameterScope, width: Int) throws(TorchError) {
    projection = try Conv2d(scope / "proj", 3, width, kernel: Self.patch, stride: Self.patch, bias: true)
    norm = try LayerNorm(scope / "norm", width)
    conv = try Conv2d(scope / "conv", width, width, kernel: 1, bias: true)
  }

  /// `[N, 3, H, W]` to `[N, width, ceil(H / 4), ceil(W / 4)]`.
  func callAsFunction(_ image: Tensor) throws(TorchError) -> Tensor {
    let sizes = image.shape
    let (below, right) = (missing(sizes[2]), missing(sizes[3]))
    let whole = below + right > 0 ? try image.padded([0, right, 0, below]) : image
    let pixels = try projection(whole).permuted([0, 2, 3, 1])
    return try conv(norm(pixels).permuted([0, 3, 1, 2]))
  }

  private func missing(_ side: Int) -> Int { (Self.patch - side % Self.patch) % Self.patch }
}
