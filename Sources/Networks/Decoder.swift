import Layers
import Tensors

/// UPerNet's decoder (Xiao et al., ECCV 2018): features of all scales, combined in one width on the finest grid.
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

  /// Rows of the finest level that a row of the result sees above and below its own: two 3x3 convolutions follow one
  /// another.
  static let reach = 2

  /// The levels that are combined with the finest one.
  struct CoarserLevels {
    /// Added to the finest level.
    let added: Tensor
    /// Concatenated with it, finest first, the pyramid pooling last.
    let beside: [Tensor]
  }

  /// The levels of all features but the finest; `features` are finest first, without the last, and `pooled` is the
  /// pyramid pooling of the last.
  func coarser(_ features: [Tensor], _ pooled: Tensor, _ mode: Mode) throws(TorchError) -> CoarserLevels {
    var levels: [Tensor] = [pooled]
    for (feature, lateral) in zip(features, laterals.dropFirst()).reversed() {
      let (height, width) = (feature.shape[2], feature.shape[3])
      let coarser = try levels[0].resizedBilinear(height: height, width: width)
      levels.insert(try lateral(feature, mode) + coarser, at: 0)
    }
    let added = levels[0]
    for (index, smooth) in smooths.dropFirst().enumerated() { levels[index] = try smooth(levels[index], mode) }
    return CoarserLevels(added: added, beside: levels)
  }

  /// Rows of the result, `[N, width, rows.count, w]`, computed from the rows `window`: at least `reach` more above and
  /// below, as far as there are any. `finest` is the feature of the finest grid.
  func rows(
    _ rows: Range<Int>, of finest: Tensor, _ coarser: CoarserLevels, from window: Range<Int>, _ mode: Mode
  ) throws(TorchError) -> Tensor {
    let (height, width) = (finest.shape[2], finest.shape[3])
    let part = ResizedRows(window, of: height, from: coarser.added.shape[2])
    let added = try coarser.added.rows(part.source).resizedBilinear(to: part, width: width, .channelsLast)
    let level = try smooths[0](laterals[0](finest.rows(window), mode) + added, mode)
    let result = try bottleneck(level, window, of: height, beside: coarser.beside, mode)
    return try result.rows(rows.lowerBound - window.lowerBound..<rows.upperBound - window.lowerBound)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> Decoder {
    var decoder = self
    decoder.laterals = try laterals.folded(type)
    decoder.smooths = try smooths.folded(type)
    decoder.bottleneck = try bottleneck.folded(type)
    return decoder
  }
}

/// Pyramid pooling (Zhao et al., CVPR 2017): the last feature beside its means over 1, 4, 9 and 36 regions.
struct PyramidPooling: Foldable {
  static let sizes = [1, 2, 3, 6]

  private var stages: [ConvBlock]
  private var bottleneck: ConvBlock
  private let dropout: ChannelDropout

  init(_ scope: ParameterScope, _ channels: Int, width: Int, dropout: Double) throws(TorchError) {
    var stages: [ConvBlock] = []
    for index in Self.sizes.indices {
      let stage = scope / "stages" / index
      let conv = try Conv2d(stage / 1, channels, width, kernel: 1, bias: false)
      stages.append(ConvBlock(conv, try BatchNorm2d(stage / 2, width)))
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

/// Three 1x1 convolutions with ReLUs between: scores at every position.
struct PixelHead: Foldable {
  private var convs: [ConvBlock]

  init(_ scope: ParameterScope, width: Int, outputs: Int) throws(TorchError) {
    convs = [
      ConvBlock(try Conv2d(scope / 0, width, width, kernel: 1, bias: false), nil, .relu),
      ConvBlock(try Conv2d(scope / 2, width, width, kernel: 1, bias: false), nil, .relu),
      ConvBlock(try Conv2d(scope / 4, width, outputs, kernel: 1, bias: true)),
    ]
  }

  func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    try convs[2](convs[1](convs[0](x, mode), mode), mode)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> PixelHead {
    var head = self
    head.convs = try convs.folded(type)
    return head
  }
}
