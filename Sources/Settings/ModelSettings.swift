import Networks

/// The section `model`: the network.
public struct ModelSettings: Sendable, Equatable {
  /// Where the backbone's initial weights come from.
  public enum BackboneWeights: Sendable, Equatable {
    /// The file that `Scripts/setup` installed, trained on ImageNet, for backbones that have one.
    case imageNet
    /// The path of a state dict.
    case file(String)
  }

  /// The network; how many classes it has is the data's matter, and not set here.
  public var network = BLPSegConfiguration()
  /// The backbone's initial weights; nil starts from random ones.
  public var backboneWeights: BackboneWeights?

  public init() {}
}

extension ModelSettings {
  /// The network of these settings for so many classes.
  public func configuration(classCount: Int) -> BLPSegConfiguration {
    var result = network
    result.classCount = classCount
    return result
  }
}

extension ModelSettings: SettingsSection {
  package static let settings: [Setting<ModelSettings>] = [
    Setting(
      "backbone", \.network.backbone, .choice(of: Backbones.all, named: \.name),
      "Network that turns an image into features."),
    Setting(
      "backbone_weights", \.backboneWeights, .optional(weights),
      "Initial weights of the backbone; `imagenet` is the file that Scripts/setup installed, for \(installed), and is "
        + "found beside the program's checkout from any folder. Null starts from random numbers, which asks for far more "
        + "training."),
    Setting("decoder_width", \.network.decoderWidth, .whole(8...4096), "Channels of the decoder."),
    Setting(
      "dropout", \.network.dropout, .number(0, below: 1), "Probability that a decoder channel is dropped in training."),
    Setting(
      "local_aggregation", \.network.localAggregation, .flag, "Refine the logits with the local aggregation module."),
    Setting(
      "sigma", \.network.sigma, .number(above: 0, to: 1000), "Reach of the local aggregation, in grid positions."),
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
