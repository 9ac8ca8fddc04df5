import Layers
import Tensors

/// UPerNet's decoder (Xiao et al., ECCV 2018): features of all scales, brought to one width and the finest grid.
struct Decoder: Foldable {
  private var laterals: [ConvBlock]
  private var smooths: [ConvBlock]
  private var bottleneck: PyramidConv

  /// `channels` are those of the backbone's features but the last, which arrives through the pyramid pooling.
  init(_ scope: ParameterScope, _ channels: [Int], width: Int) throws(TorchError) {
    var laterals: [ConvBlock] = []
    for (index, count) in channels.enumerated() {
      laterals.append(try ConvBlock(sequence: scope / "lateral_convs" / index, count, width, kernel: 1))
    }
    var smooths: [ConvBlock] = []
    for index in channels.indices {
      smooths.append(try ConvBlock(sequence: scope / "fpn_convs" / index, width, width, kernel: 3))
    }
    self.laterals = laterals
    self.smooths = smooths
    bottleneck = try PyramidConv(scope / "fpn_bottleneck", levels: channels.count + 1, width: width)
  }

  /// `features` are finest first, without the last; `pooled` is the pyramid pooling of the last. `[N, width, h, w]` at
  /// the finest grid.
  func callAsFunction(_ features: [Tensor], _ pooled: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    var levels: [Tensor] = [pooled]
    for (feature, lateral) in zip(features, laterals).reversed() {
      let (height, width) = (feature.shape[2], feature.shape[3])
      let coarser = try levels[0].resizedBilinear(height: height, width: width)
      levels.insert(try lateral(feature, mode) + coarser, at: 0)
    }
    for (index, smooth) in smooths.enumerated() { levels[index] = try smooth(levels[index], mode) }
    return try bottleneck(levels, mode)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> Decoder {
    var decoder = self
    decoder.laterals = try laterals.folded(type)
    decoder.smooths = try smooths.folded(type)
    decoder.bottleneck = try bottleneck.folded(type)
    return decoder
  }
}
