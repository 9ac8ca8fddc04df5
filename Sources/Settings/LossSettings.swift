import Losses
import Networks

/// The section `loss`. A loss with settings adds them to `Objective.Settings` and declares them here.
public struct LossSettings: Sendable, Equatable {
  public var objective = Objective.Settings()
  /// Weight of the class "unlabelled" in the scribble loss, 0...1; a part of the network's checkpoints.
  public var unlabelledWeight = BLPSeg.publishedUnlabelledWeight

  public init() {}
}

extension LossSettings: SettingsSection {
  package static let settings: [Setting<LossSettings>] = [
    Setting(
      "gamma", \.objective.gamma, .number(0...10),
      "How strongly pixels that are often annotated or already learnt are weighted down; 0 weights all alike."),
    Setting(
      "unlabelled_weight", \.unlabelledWeight, .number(0...1),
      "Weight of the class \"unlabelled\" in the scribble loss."),
  ]
}
