/// The views of an image whose logits are averaged.
public struct EvaluationSettings: Sendable, Equatable {
  /// Factors of the image's sides, 1 to 16 numbers within 0.1...4; default 0.5, 0.75, 1 and 1.25.
  public var scales = [0.5, 0.75, 1, 1.25]
  /// Whether every scale is seen mirrored as well; default true.
  public var mirror = true
  /// Images of each data set that the report shows, 0...1000; default 12.
  public var reportImages = 12

  public init() {}
}

extension EvaluationSettings: SettingsSection {
  static let settings: [Setting<EvaluationSettings>] = [
    Setting(
      "scales", \.scales, .list(.number(0.1...4), count: 1...16, of: "1 to 16 numbers"),
      "Factors of the image's sides."),
    Setting("mirror", \.mirror, .flag, "See every scale mirrored as well."),
    Setting("report_images", \.reportImages, .whole(0...1000), "Images of each data set that the report shows."),
  ]
}
