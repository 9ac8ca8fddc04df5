import Files
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

  /// What is made of the backbone, and how it is trained.
  public enum Kind: String, Sendable, CaseIterable {
    /// The network of the paper, trained as a whole.
    case blpseg
    /// A feature pyramid with a classifier of tags, trained as a whole.
    case featurePyramid = "feature_pyramid"
    /// The backbone as it is, and a head that is fitted to its features.
    case frozenFeatures = "frozen_features"
  }

  public var kind = Kind.blpseg
  /// The network; how many classes it has is the data's matter, and not set here.
  public var network = BLPSegConfiguration()
  /// Stride of the coarsest level of the feature pyramid, 16 or 32.
  public var outputStride = 32
  /// The network of frozen features; its backbone is that of `network`.
  public var features = FrozenFeaturesConfiguration()
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

  /// The feature pyramid of these settings for so many classes.
  public func pyramidConfiguration(classCount: Int) -> FeaturePyramidConfiguration {
    FeaturePyramidConfiguration(
      backbone: network.backbone, classCount: classCount, width: network.decoderWidth, outputStride: outputStride,
      dropout: network.dropout, tagWeight: features.tagWeight, localAggregation: network.localAggregation,
      sigma: network.sigma)
  }

  /// The network of frozen features of these settings for so many classes.
  public func featuresConfiguration(classCount: Int) -> FrozenFeaturesConfiguration {
    var result = features
    result.backbone = network.backbone
    result.classCount = classCount
    return result
  }
}

extension ModelSettings {
  /// The network for so many classes, in words.
  public func description(classCount: Int) -> String {
    switch kind {
    case .blpseg: "\(configuration(classCount: classCount))"
    case .featurePyramid: "\(pyramidConfiguration(classCount: classCount))"
    case .frozenFeatures: "\(featuresConfiguration(classCount: classCount))"
    }
  }
}

extension ModelSettings: SettingsSection {
  package static let settings: [Setting<ModelSettings>] = [
    Setting(
      "network", \.kind, .choice(Kind.self),
      "`blpseg` is the network of the paper. `feature_pyramid` learns more from some hundred photographs: a backbone, "
        + "\(extractors), with the statistics of its batch normalisation as they are, a light decoder and a classifier of the "
        + "photograph's classes. `frozen_features` leaves such a backbone as it is and fits a head to its features, as the "
        + "section `fitting` says, in minutes."),
    Setting(
      "backbone", \.network.backbone, .choice(of: Backbones.all, named: \.name),
      "Network that turns an image into features."),
    Setting(
      "backbone_weights", \.backboneWeights, .optional(weights),
      "Initial weights of the backbone; `imagenet` is the file that Scripts/setup installed, for \(installed), and is "
        + "found beside the program's checkout from any folder. Null starts from random numbers, which asks for far more "
        + "training."),
    Setting(
      "decoder_width", \.network.decoderWidth, .whole(8...4096),
      "Channels of the decoder of `blpseg`, or of all levels of `feature_pyramid`."),
    Setting(
      "output_stride", \.outputStride, .choice(of: [16, 32], named: { "\($0)" }),
      "Stride of the coarsest level of `feature_pyramid`: 16, by dilation, shows it more detail and takes twice the time."
    ),
    Setting(
      "dropout", \.network.dropout, .number(0, below: 1), "Probability that a decoder channel is dropped in training."),
    Setting(
      "local_aggregation", \.network.localAggregation, .flag, "Refine the logits with the local aggregation module."),
    Setting(
      "sigma", \.network.sigma, .number(above: 0, to: 1000), "Reach of the local aggregation, in grid positions."),
    Setting(
      "feature_scales", \.features.scales, .list(.number(0.1...4), count: 1...8, of: "1 to 8 numbers"),
      "Factors of the photograph's sides at which the backbone sees it; `frozen_features` uses the features of all."),
    Setting("head_width", \.features.width, .whole(8...4096), "Channels of the hidden layer of `frozen_features`."),
    Setting(
      "tag_weight", \.features.tagWeight, .number(0...100),
      "Weight of what the photograph as a whole tells `feature_pyramid` and `frozen_features` of its classes, which is added "
        + "to their scores in prediction."
    ),
  ]

  /// The backbones that offer an extractor, in words.
  static let extractors = Backbones.all.filter { $0.extractor != nil }.map(\.name).alternatives

  /// The backbones whose weights Scripts/setup installs, in words.
  static let installed = Backbones.all.filter { $0.pretrained.installed != nil }.map(\.name).alternatives

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
