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

  private let stem: ResNetStem
  private let stages: [[ResNetBlock]]

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
}

/// The start of a ResNet, from the image to stride 4.
private struct ResNetStem {
  let channels: Int
  private let convs: [Conv2d]
  private let norms: [BatchNorm2d]

  init(_ scope: ParameterScope, _ kind: ResNet.Stem) throws(TorchError) {
    let last = scope / "bn1"
    switch kind {
    case .plain:
      channels = 64
      convs = [try Conv2d(scope / "conv1", 3, 64, kernel: 7, stride: 2, padding: .zeros(3), bias: false)]
      norms = [try BatchNorm2d(last, 64)]
    case .deep:
      channels = 128
      let place = scope / "conv1"
      let first = try Conv2d(place / 0, 3, 64, kernel: 3, stride: 2, padding: .zeros(1), bias: false)
      let firstNorm = try BatchNorm2d(place / 1, 64)
      let second = try Conv2d(place / 3, 64, 64, kernel: 3, padding: .zeros(1), bias: false)
      let secondNorm = try BatchNorm2d(place / 4, 64)
      let third = try Conv2d(place / 6, 64, 128, kernel: 3, padding: .zeros(1), bias: false)
      convs = [first, second, third]
      norms = [firstNorm, secondNorm, try BatchNorm2d(last, 128)]
      // The published checkpoints hold a layer normalisation that nothing uses.
      _ = try LayerNorm(scope / "layernorm", 128)
    }
  }

  func callAsFunction(_ image: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    var x = image
    for (conv, norm) in zip(convs, norms) { x = try norm(conv(x), mode).relu() }
    return try x.maxPooled(kernel: 3, stride: 2, padding: 1)
  }
}

/// Convolutions whose result is added to their input.
private struct ResNetBlock {
  private let convs: [Conv2d]
  private let norms: [BatchNorm2d]
  private let projection: (conv: Conv2d, norm: BatchNorm2d)?

  init(
    _ scope: ParameterScope, _ kind: ResNet.BlockKind, _ inChannels: Int, width: Int, stride: Int
  ) throws(TorchError) {
    let outChannels = width * kind.expansion
    let steps: [(kernel: Int, stride: Int, out: Int)] =
      switch kind {
      case .basic: [(3, stride, width), (3, 1, width)]
      case .bottleneck: [(1, 1, width), (3, stride, width), (1, 1, outChannels)]
      }
    var convs: [Conv2d] = []
    var norms: [BatchNorm2d] = []
    var channels = inChannels
    for (index, step) in steps.enumerated() {
      let conv = try Conv2d(
        scope / "conv\(index + 1)", channels, step.out, kernel: step.kernel, stride: step.stride,
        padding: .zeros(step.kernel / 2), bias: false)
      convs.append(conv)
      norms.append(try BatchNorm2d(scope / "bn\(index + 1)", step.out))
      channels = step.out
    }
    self.convs = convs
    self.norms = norms
    if stride != 1 || inChannels != outChannels {
      let place = scope / "downsample"
      let conv = try Conv2d(place / 0, inChannels, outChannels, kernel: 1, stride: stride, bias: false)
      projection = (conv, try BatchNorm2d(place / 1, outChannels))
    } else {
      projection = nil
    }
  }

  func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    var inner = x
    for (index, conv) in convs.enumerated() {
      inner = try norms[index](conv(inner), mode)
      if index < convs.count - 1 { inner = try inner.relu() }
    }
    var shortcut = x
    if let projection { shortcut = try projection.norm(projection.conv(x), mode) }
    return try (inner + shortcut).relu()
  }
}
