import CRF

/// How images are predicted in evaluation, and what the report shows.
public struct EvaluationSettings: Sendable, Equatable {
  /// Factors of the image's sides, 1 to 16 numbers within 0.1...4; default 0.5, 0.75, 1 and 1.25.
  public var scales = [0.5, 0.75, 1, 1.25]
  /// Whether every scale is seen mirrored as well; default true.
  public var mirror = true
  /// Whether a dense CRF refines the probabilities; default false.
  public var crf = false
  /// The constants of the dense CRF; deviations above 0 up to 1000, weights 0...1000, 1...100 steps; defaults as published.
  public var crfConstants = DenseCRF.Settings()
  /// Images of each data set that the report shows, the worst and the best where there are more, 0...1000; default 12.
  public var reportImages = 12

  public init() {}
}

extension EvaluationSettings: SettingsSection {
  static let settings: [Setting<EvaluationSettings>] = [
    Setting(
      "scales", \.scales, .list(.number(0.1...4), count: 1...16, of: "1 to 16 numbers"),
      "Factors of the image's sides; the logits of all views are averaged."),
    Setting("mirror", \.mirror, .flag, "Average each view with its mirror image."),
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
  var record: [String: Double] {
    [
      "crf_gaussian_deviation": gaussianStandardDeviation, "crf_gaussian_weight": gaussianWeight,
      "crf_bilateral_deviation": bilateralStandardDeviation, "crf_bilateral_color_deviation": bilateralColorDeviation,
      "crf_bilateral_weight": bilateralWeight, "crf_steps": Double(steps),
    ]
  }
}
