import Images
import Layers
import Tensors

extension BackboneDescription {
  public static let efficientNetLite0 = efficientNetLite(.lite0, file: "57934424")
  public static let efficientNetLite1 = efficientNetLite(.lite1, file: "77cc7160")
  public static let efficientNetLite2 = efficientNetLite(.lite2, file: "9656183e")

  /// `file` is the end of the name of the published weights' file.
  private static func efficientNetLite(_ size: EfficientNetLite.Size, file: String) -> BackboneDescription {
    let name = "efficientnet_\(size.name)"
    return BackboneDescription(
      name: name, channels: EfficientNetLite.featureStages.map { size.channels[$0] },
      normalization: ChannelNormalization(mean: [127, 127, 127], deviation: [128, 128, 128]),
      // The finest feature of Lite0 sees 9 pixels, of the others, with one more 3x3 convolution, 13; a row has 4.
      reach: 8,
      pretrained: PretrainedWeights(
        needed: "the weights that Scripts/setup installs (model.backbone_weights=imagenet)",
        installed: ".libtorch/\(name)_pytorch_model/models/efficientnet-\(size.name)-\(file).pth",
        dropped: ["_conv_head.", "_bn1.", "_fc."]),
      recognises: size.hasNames,
      make: { scope throws(TorchError) in try EfficientNetLite(scope, size) },
      extractor: FeatureExtractorDescription(efficientNetLite: size))
  }
}

/// EfficientNet-Lite (Tan and Le, ICML 2019; Lite: no squeeze-and-excitation, ReLU6, stem and last convolution of one size)
/// without its classifier, with the names of its published PyTorch weights. Convolutions are padded as TensorFlow's 'same'.
struct EfficientNetLite: Backbone {
  /// One of the published sizes: how many blocks and channels its seven stages have.
  struct Size: Sendable {
    let name: String
    let blocks: [Int]
    let channels: [Int]

    static let lite0 = Size(name: "lite0", blocks: [1, 2, 2, 3, 3, 4, 1], channels: [16, 24, 40, 80, 112, 192, 320])
    static let lite1 = Size(name: "lite1", blocks: [1, 3, 3, 4, 4, 5, 1], channels: [16, 24, 40, 80, 112, 192, 320])
    static let lite2 = Size(name: "lite2", blocks: [1, 3, 3, 4, 4, 5, 1], channels: [16, 24, 48, 88, 120, 208, 352])

    /// Channels of the last stage.
    var lastChannels: Int { channels[channels.count - 1] }

    /// Whether tensors of these names and shapes are those of this size; the other Lite sizes differ in the number of blocks or
    /// in the channels of the last one.
    @Sendable func hasNames(_ shapes: [String: [Int]]) -> Bool {
      let last = blocks.reduce(0, +) - 1
      return shapes["_conv_stem.weight"] != nil && !shapes.keys.contains { $0.hasPrefix("_blocks.0._se_") }
        && shapes["_blocks.\(last)._project_conv.weight"]?.first == lastChannels
        && shapes["_blocks.\(last + 1)._project_conv.weight"] == nil
    }
  }

  static let epsilon = 1e-3
  private static let stemChannels = 32

  /// The stages: kernel, stride of the first block, expansion.
  private static let stages: [(kernel: Int, stride: Int, expansion: Int)] = [
    (3, 1, 1), (3, 2, 6), (5, 2, 6), (3, 2, 6), (5, 1, 6), (5, 2, 6), (3, 1, 6),
  ]

  /// The stages whose outputs are the features at strides 4, 8, 16 and 32.
  static let featureStages = [1, 2, 4, 6]

  private var stem: ConvBlock
  private var stages: [[InvertedResidual]]

  /// `outputStride` is the stride of the coarsest grid, 32 or less.
  ///
  /// Strides beyond it are left out, and the convolutions after them are dilated instead, so that each position of the
  /// denser grid sees what it would see on the coarser one (Yu and Koltun, ICLR 2016).
  init(_ scope: ParameterScope, _ size: Size, outputStride: Int = 32) throws(TorchError) {
    var channels = Self.stemChannels
    stem = ConvBlock(
      try Conv2d(scope / "_conv_stem", 3, channels, kernel: 3, stride: 2, padding: .same, bias: false),
      try BatchNorm2d(scope / "_bn0", channels, epsilon: Self.epsilon), .relu6)
    var number = 0
    var (stride, dilation) = (2, 1)
    var stages: [[InvertedResidual]] = []
    for (stage, (count, width)) in zip(Self.stages, zip(size.blocks, size.channels)) {
      var blocks: [InvertedResidual] = []
      for index in 0..<count {
        let wanted = index == 0 ? stage.stride : 1
        let isStrided = stride * wanted <= outputStride
        let block = try InvertedResidual(
          scope / "_blocks" / number, channels, width, kernel: stage.kernel, stride: isStrided ? wanted : 1,
          dilation: dilation, expansion: stage.expansion, epsilon: Self.epsilon)
        if isStrided { stride *= wanted } else { dilation *= wanted }
        blocks.append(block)
        channels = width
        number += 1
      }
      stages.append(blocks)
    }
    self.stages = stages
  }

  func finest(_ image: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    var x = try stem(image, mode)
    for stage in stages[...Self.featureStages[0]] {
      for block in stage { x = try block(x, mode) }
    }
    return x
  }

  func coarser(_ finest: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] {
    var x = finest
    var features: [Tensor] = []
    for (index, stage) in stages.enumerated().dropFirst(Self.featureStages[0] + 1) {
      for block in stage { x = try block(x, mode) }
      if Self.featureStages.contains(index) { features.append(x) }
    }
    return features
  }

  func folded(_ type: ElementType?) throws(TorchError) -> EfficientNetLite {
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
