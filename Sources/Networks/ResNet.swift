import Images
import Layers
import Tensors

extension BackboneDescription {
  public static let resnet18 = resnet(18, .basic, .plain, blocks: [2, 2, 2, 2])
  public static let resnet34 = resnet(34, .basic, .plain, blocks: [3, 4, 6, 3])
  public static let resnet50 = resnet(50, .bottleneck, .deep, blocks: [3, 4, 6, 3])
  public static let resnet101 = resnet(101, .bottleneck, .deep, blocks: [3, 4, 23, 3])

  private static func resnet(
    _ depth: Int, _ kind: ResNet.BlockKind, _ stem: ResNet.Stem, blocks: [Int]
  ) -> BackboneDescription {
    let name = "resnet\(depth)"
    let needed =
      switch stem {
      case .plain: "torchvision's ImageNet weights of ResNet-\(depth)"
      case .deep:
        "weights with a deep stem of three 3 x 3 convolutions (64, 64 and 128 channels), as \(name)s of "
          + "PyTorch-Encoding has them,"
      }
    return BackboneDescription(
      name: name, channels: (0..<blocks.count).map { (64 << $0) * kind.expansion }, normalization: .imageNet,
      // ResNet-34 sees 29 pixels, the others fewer; a row has 4.
      reach: 8,
      pretrained: PretrainedWeights(
        needed: needed, dropped: ["fc."], optional: stem == .deep ? [ResNet.unusedNorm + "."] : []),
      recognises: { ResNet.hasNames($0, kind, stem, blocks: blocks) },
      make: { scope throws(TorchError) in try ResNet(scope, kind, stem, blocks: blocks) })
  }
}

/// ResNet (He et al., CVPR 2016) without its classifier, with torchvision's names.
struct ResNet: Backbone {
  enum Stem: Sendable {
    /// One 7x7 convolution.
    case plain
    /// Three 3x3 convolutions, 64, 64 and 128 channels.
    case deep
  }

  enum BlockKind: Sendable {
    /// Two 3x3 convolutions.
    case basic
    /// 1x1, 3x3, 1x1, the last four times as wide; the stride sits on the 3x3.
    case bottleneck

    var expansion: Int { self == .basic ? 1 : 4 }
  }

  /// The scope of a layer normalisation of the deep stem, which published checkpoints hold and nothing uses.
  static let unusedNorm = "layernorm"

  private var stem: ResNetStem
  private var stages: [[ResNetBlock]]

  /// `blocks` counts the blocks of the four stages.
  init(_ scope: ParameterScope, _ kind: BlockKind, _ stem: Stem, blocks: [Int]) throws(TorchError) {
    self.stem = try ResNetStem(scope, stem)
    var channels = self.stem.channels
    var stages: [[ResNetBlock]] = []
    for (stage, count) in blocks.enumerated() {
      let width = 64 << stage
      var made: [ResNetBlock] = []
      for index in 0..<count {
        let stride = stage > 0 && index == 0 ? 2 : 1
        let block = scope / "layer\(stage + 1)" / index
        made.append(try ResNetBlock(block, kind, channels, width: width, stride: stride))
        channels = width * kind.expansion
      }
      stages.append(made)
    }
    self.stages = stages
  }

  /// Whether a few names and shapes are those of such a ResNet.
  static func hasNames(_ shapes: [String: [Int]], _ kind: BlockKind, _ stem: Stem, blocks: [Int]) -> Bool {
    func has(_ name: String) -> Bool { shapes[name] != nil }
    guard has("layer1.0.conv1.weight"), has("layer1.0.conv3.weight") == (kind == .bottleneck),
      has("layer3.\(blocks[2] - 1).conv1.weight"), !has("layer3.\(blocks[2]).conv1.weight")
    else { return false }
    return switch stem {
    case .plain: shapes["conv1.weight"]?.last == 7
    case .deep: ["conv1.0.weight", "conv1.3.weight", "conv1.6.weight"].map { shapes[$0]?.first } == [64, 64, 128]
    }
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
      let sequence = scope / "conv1"
      convs = [
        try Self.conv(sequence / 0, sequence / 1, 3, 64, kernel: 3, stride: 2),
        try Self.conv(sequence / 3, sequence / 4, 64, 64, kernel: 3, stride: 1),
        try Self.conv(sequence / 6, scope / "bn1", 64, 128, kernel: 3, stride: 1),
      ]
      _ = try LayerNorm(scope / ResNet.unusedNorm, 128)
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
      let sequence = scope / "downsample"
      let conv = try Conv2d(sequence / 0, inChannels, outChannels, kernel: 1, stride: stride, bias: false)
      projection = ConvBlock(conv, try BatchNorm2d(sequence / 1, outChannels))
    } else {
      projection = nil
    }
  }

  /// Where the block is folded and has no projection, the result may overwrite `x`.
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
