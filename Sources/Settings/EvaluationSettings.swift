import CRF
import Images

/// How images are predicted in evaluation, and what the report shows.
public struct EvaluationSettings: Sendable, Equatable {
  /// The views whose predictions are averaged: 1 to 16 scales within 0.1...4.
  public var views = Views.published
  /// Whether a dense CRF refines the probabilities.
  public var crf = false
  /// The constants of the dense CRF; deviations above 0 up to 1000, weights 0...1000, 1...100 steps.
  public var crfConstants = DenseCRF.Settings()
  /// Images of each data set that the report shows, the worst and the best where there are more, 0...1000.
  public var reportImages = 12

  public init() {}
}

extension EvaluationSettings: SettingsSection {
  package static let settings: [Setting<EvaluationSettings>] = [
    Setting(
      "scales", \.views.scales, .list(.number(0.1...4), count: 1...16, of: "1 to 16 numbers"),
      "Factors of the image's sides; the logits of all views are averaged."),
    Setting("mirror", \.views.mirror, .flag, "Average each view with its mirror image."),
    Setting("crf", \.crf, .flag, "Refine the probabilities with a dense CRF before the most probable class is taken."),
    Setting(
      "crf_gaussian_deviation", \.crfConstants.gaussianStandardDeviation, .number(above: 0, to: 1000),
      "Distance over which the dense CRF makes labels smooth, in pixels."),
    Setting("crf_gaussian_weight", \.crfConstants.gaussianWeight, .number(0...1000), "Weight of the smoothness."),
    Setting(
      "crf_bilateral_deviation", \.crfConstants.bilateralStandardDeviation, .number(above: 0, to: 1000),
      "Distance over which the dense CRF gives pixels of similar colour the same label, in pixels."),
    Setting(
      "crf_bilateral_color_deviation", \.crfConstants.bilateralColorDeviation, .number(above: 0, to: 1000),
      "Difference up to which it takes colours for similar, in grey levels of 0 to 255."),
    Setting(
      "crf_bilateral_weight", \.crfConstants.bilateralWeight, .number(0...1000), "Weight of the similarity of colours."),
    Setting("crf_steps", \.crfConstants.steps, .whole(1...100), "Mean-field steps of the dense CRF."),
    Setting(
      "report_images", \.reportImages, .whole(0...1000),
      "Images of each data set that the report shows; of evaluated images, the worst and the best."),
  ]
}

extension DenseCRF.Settings {
  /// The constants by the names of their settings, as results record them.
  package var record: [String: Double] {
    [
      "crf_gaussian_deviation": gaussianStandardDeviation, "crf_gaussian_weight": gaussianWeight,
      "crf_bilateral_deviation": bilateralStandardDeviation, "crf_bilateral_color_deviation": bilateralColorDeviation,
      "crf_bilateral_weight": bilateralWeight, "crf_steps": Double(steps),
    ]
  }
}
