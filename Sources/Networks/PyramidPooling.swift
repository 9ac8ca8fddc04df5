import Layers
import Tensors

/// Pyramid pooling (Zhao et al., CVPR 2017): the last feature beside its means over 1, 4, 9 and 36 regions.
struct PyramidPooling: Foldable {
  static let sizes = [1, 2, 3, 6]

  private var stages: [ConvBlock]
  private var bottleneck: ConvBlock
  private let dropout: ChannelDropout

  init(_ scope: ParameterScope, _ channels: Int, width: Int, dropout: Double) throws(TorchError) {
    var stages: [ConvBlock] = []
    for index in Self.sizes.indices {
      let place = scope / "stages" / index
      let conv = try Conv2d(place / 1, channels, width, kernel: 1, bias: false)
      stages.append(ConvBlock(conv, try BatchNorm2d(place / 2, width)))
    }
    self.stages = stages
    bottleneck = try ConvBlock(sequence: scope / "bottleneck", channels + Self.sizes.count * width, width, kernel: 1)
    self.dropout = ChannelDropout(dropout)
  }

  /// `[N, channels, h, w]` to `[N, width, h, w]`.
  func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    let (height, width) = (x.shape[2], x.shape[3])
    var parts: [Tensor] = []
    for (size, stage) in zip(Self.sizes, stages) {
      let pooled = try stage(x.adaptiveAveragePooled(size), mode)
      parts.append(try pooled.resizedBilinear(height: height, width: width, alignCorners: true))
    }
    return try dropout(bottleneck(Tensor.concatenated(parts + [x], 1), mode), mode)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> PyramidPooling {
    var pooling = self
    pooling.stages = try stages.folded(type)
    pooling.bottleneck = try bottleneck.folded(type)
    return pooling
  }
}
