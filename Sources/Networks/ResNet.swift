import Layers
import Tensors

/// ResNet (He et al., CVPR 2016) without its classifier, with torchvision's names.
struct ResNet: Backbone {
  enum Stem {
    /// One 7x7 convolution.
    case plain
    /// Three 3x3 convolutions, 64, 64 and 128 channels.
    case deep
  }

  enum BlockKind {
    /// Two 3x3 convolutions.
    case basic
    /// 1x1, 3x3, 1x1, the last four times as wide; the stride sits on the 3x3.
    case bottleneck

    var expansion: Int { self == .basic ? 1 : 4 }
  }

  private var stem: ResNetStem
  private var stages: [[ResNetBlock]]

  /// `blocks` counts the blocks of the four stages.
  init(_ scope: ParameterScope, _ kind: BlockKind, stem: Stem, blocks: [Int]) throws(TorchError) {
    self.stem = try ResNetStem(scope, stem)
    var channels = self.stem.channels
    var stages: [[ResNetBlock]] = []
    for (stage, count) in blocks.enumerated() {
      let width = 64 << stage
      var made: [ResNetBlock] = []
      for index in 0..<count {
        let stride = stage > 0 && index == 0 ? 2 : 1
        let place = scope / "layer\(stage + 1)" / index
        made.append(try ResNetBlock(place, kind, channels, width: width, stride: stride))
        channels = width * kind.expansion
      }
      stages.append(made)
    }
    self.stages = stages
  }

  func finest(_ image: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    var x = try stem(image, mode)
    for block in stages[0] { x = try block(x, mode) }
    return x
  }

  func coarser(_ finest: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] {
    var x = finest
    var features: [Tensor] = []
    for stage in stages.dropFirst() {
      for block in stage { x = try block(x, mode) }
      features.append(x)
    }
    return features
  }

  func folded(_ type: ElementType?) throws(TorchError) -> ResNet {
    var network = self
    network.stem = try stem.folded(type)
    network.stages = try stages.folded(type)
    return network
  }
}

/// The start of a ResNet, from the image to stride 4.
private struct ResNetStem: Foldable {
  let channels: Int
  private var convs: [ConvBlock]

  init(_ scope: ParameterScope, _ kind: ResNet.Stem) throws(TorchError) {
    switch kind {
    case .plain:
      channels = 64
      convs = [try Self.conv(scope / "conv1", scope / "bn1", 3, 64, kernel: 7, stride: 2)]
    case .deep:
      channels = 128
      let place = scope / "conv1"
      convs = [
        try Self.conv(place / 0, place / 1, 3, 64, kernel: 3, stride: 2),
        try Self.conv(place / 3, place / 4, 64, 64, kernel: 3, stride: 1),
        try Self.conv(place / 6, scope / "bn1", 64, 128, kernel: 3, stride: 1),
      ]
      // The published checkpoints hold a layer normalisation that nothing uses.
      _ = try LayerNorm(scope / "layernorm", 128)
    }
  }

  private static func conv(
    _ convScope: ParameterScope, _ normScope: ParameterScope, _ inChannels: Int, _ outChannels: Int, kernel: Int,
    stride: Int
  ) throws(TorchError) -> ConvBlock {
    ConvBlock(
      try Conv2d(
        convScope, inChannels, outChannels, kernel: kernel, stride: stride, padding: .zeros(kernel / 2), bias: false),
      try BatchNorm2d(normScope, outChannels), .relu)
  }

  func callAsFunction(_ image: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    var x = image
    for conv in convs { x = try conv(x, mode) }
    return try x.maxPooled(kernel: 3, stride: 2, padding: 1)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> ResNetStem {
    var stem = self
    stem.convs = try convs.folded(type)
    return stem
  }
}

/// Convolutions whose result is added to their input.
private struct ResNetBlock: Foldable {
  private var convs: [ConvBlock]
  private var projection: ConvBlock?

  init(
    _ scope: ParameterScope, _ kind: ResNet.BlockKind, _ inChannels: Int, width: Int, stride: Int
  ) throws(TorchError) {
    let outChannels = width * kind.expansion
    let steps: [(kernel: Int, stride: Int, out: Int)] =
      switch kind {
      case .basic: [(3, stride, width), (3, 1, width)]
      case .bottleneck: [(1, 1, width), (3, stride, width), (1, 1, outChannels)]
      }
    var convs: [ConvBlock] = []
    var channels = inChannels
    for (index, step) in steps.enumerated() {
      let conv = try Conv2d(
        scope / "conv\(index + 1)", channels, step.out, kernel: step.kernel, stride: step.stride,
        padding: .zeros(step.kernel / 2), bias: false)
      convs.append(ConvBlock(conv, try BatchNorm2d(scope / "bn\(index + 1)", step.out), .relu))
      channels = step.out
    }
    self.convs = convs
    if stride != 1 || inChannels != outChannels {
      let place = scope / "downsample"
      let conv = try Conv2d(place / 0, inChannels, outChannels, kernel: 1, stride: stride, bias: false)
      projection = ConvBlock(conv, try BatchNorm2d(place / 1, outChannels))
    } else {
      projection = nil
    }
  }

  /// Where the block is folded and has no projection, the result may take the place of `x`.
  func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    var inner = x
    for conv in convs.dropLast() { inner = try conv(inner, mode) }
    let shortcut = try projection?(x, mode) ?? x
    return try convs[convs.count - 1](inner, adding: shortcut, mode)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> ResNetBlock {
    var block = self
    block.convs = try convs.folded(type)
    block.projection = try projection.folded(type)
    return block
  }
}
