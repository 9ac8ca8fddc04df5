/// The losses.
public struct LossSettings: Sendable, Equatable {
  /// How strongly pixels that are often annotated or already learnt are weighted down, 0...10; default 2.
  public var gamma = 2.0
  /// Weight of the class "unlabelled" in the scribble loss, 0...1; default 0.02.
  public var unlabelledWeight = 0.02

  public init() {}
}

extension LossSettings: SettingsSection {
  static let settings: [Setting<LossSettings>] = [
    Setting(
      "gamma", \.gamma, .number(0...10),
      "How strongly pixels that are often annotated or already learnt are weighted down; 0 weights all alike."),
    Setting(
      "unlabelled_weight", \.unlabelledWeight, .number(0...1),
      "Weight of the class \"unlabelled\" in the scribble loss."),
  ]
}
