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

  /// How many rows further the result sees of the finest level: two 3x3 convolutions follow one another.
  static let margin = 2

  /// What the finest level is joined with.
  struct CoarserLevels {
    /// What is added to the finest level.
    let added: Tensor
    /// What is laid beside it, finest first, the pyramid pooling last.
    let beside: [Tensor]
  }

  /// `features` are finest first, without the last; `pooled` is the pyramid pooling of the last. `[N, width, h, w]` at
  /// the finest grid.
  func callAsFunction(_ features: [Tensor], _ pooled: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    let coarser = try coarser(Array(features.dropFirst()), pooled, mode)
    let whole = 0..<features[0].shape[2]
    return try rows(whole, of: features[0], coarser, seeing: whole, mode)
  }

  /// The levels of all features but the finest.
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

  /// Rows of the result alone, `[N, width, rows.count, w]`, from the rows `seen`: `margin` more on both sides, as far as
  /// there are any.
  func rows(
    _ rows: Range<Int>, of finest: Tensor, _ coarser: CoarserLevels, seeing seen: Range<Int>, _ mode: Mode
  ) throws(TorchError) -> Tensor {
    let (height, width) = (finest.shape[2], finest.shape[3])
    let part = ResizedRows(seen, of: height, from: coarser.added.shape[2])
    let added = try coarser.added.rows(part.source).resizedBilinear(to: part, width: width, .channelsLast)
    let level = try smooths[0](laterals[0](finest.rows(seen), mode) + added, mode)
    let result = try bottleneck(level, seen, of: height, beside: coarser.beside, mode)
    return try result.rows(rows.lowerBound - seen.lowerBound..<rows.upperBound - seen.lowerBound)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> Decoder {
    var decoder = self
    decoder.laterals = try laterals.folded(type)
    decoder.smooths = try smooths.folded(type)
    decoder.bottleneck = try bottleneck.folded(type)
    return decoder
  }
}
