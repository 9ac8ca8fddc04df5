import Networks

/// The network.
public struct ModelSettings: Sendable, Equatable {
  /// Where the backbone's first weights come from.
  public enum BackboneWeights: Sendable, Equatable {
    /// The file that `Scripts/setup` installed, trained on ImageNet, for backbones that have one.
    case imageNet
    /// The path of a state dict.
    case file(String)
  }

  /// The backbone; default EfficientNet-Lite0.
  public var backbone = BackboneDescription.efficientNetLite0
  /// The backbone's first weights; nil, the default, starts from random ones.
  public var backboneWeights: BackboneWeights?
  /// Channels of the decoder, 8...4096; default 256.
  public var decoderWidth = 256
  /// Probability that a decoder channel is dropped in training, 0..<1; default 0.1.
  public var dropout = 0.1
  /// Whether the local aggregation module refines the logits; default true.
  public var localAggregation = true
  /// Reach of the local aggregation in positions of its grid, above 0; default 6.
  public var sigma = 6.0

  public init() {}
}

extension ModelSettings: SettingsSection {
  static let settings: [Setting<ModelSettings>] = [
    Setting(
      "backbone", \.backbone, .choice(of: Backbones.all, named: \.name), "Network that turns an image into features."),
    Setting(
      "backbone_weights", \.backboneWeights, .optional(weights),
      "First weights of the backbone; `imagenet` is the file that Scripts/setup installed, for \(installed), and is "
        + "found beside the program's checkout from any folder. Null starts from random numbers, which asks for far more "
        + "training."),
    Setting("decoder_width", \.decoderWidth, .whole(8...4096), "Channels of the decoder."),
    Setting(
      "dropout", \.dropout, .number(0, below: 1), "Probability that a decoder channel is dropped in training."),
    Setting("local_aggregation", \.localAggregation, .flag, "Refine the logits with the local aggregation module."),
    Setting("sigma", \.sigma, .number(above: 0, to: 1000), "Reach of the local aggregation, in grid positions."),
  ]

  /// The backbones whose weights Scripts/setup installs, in words.
  static let installed = Backbones.all.filter { $0.pretrained.installed != nil }.map(\.name).joined(separator: " and ")

  private static let weights = SettingValue<String>.path("the path of a state dict (.pth or .safetensors), or imagenet")
    .mapped(
      { $0 == "imagenet" ? BackboneWeights.imageNet : .file($0) },
      back: { weights in
        switch weights {
        case .imageNet: "imagenet"
        case .file(let path): path
        }
      },
      located: { weights, paths in
        if case .file(let path) = weights { .file(paths.own(path)) } else { weights }
      })
}
