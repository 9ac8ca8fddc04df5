import CRF
import Files
import Fitting
import Images
import Training

/// Everything that decides an experiment: what a file of `Configs/` holds.
public struct ExperimentSettings: Sendable, Equatable {
  /// What computes.
  public enum Device: Sendable, Equatable {
    /// The best device there is.
    case auto
    case cpu
    /// A CUDA device by its index.
    case cuda(Int)
    case mps
  }

  /// Where the defaults of all others come from.
  public var recipe = Recipe.published
  /// The experiment's name; default the settings file's name without its extension.
  public var name = "experiment"
  /// The folder of the results; default `runs/` with the name.
  public var output = "runs/experiment"
  /// Seed of all random choices, at least 0.
  public var seed = 0
  /// What computes; default `auto`.
  public var device = Device.auto
  /// Threads that compute on the CPU, 0...1024; 0, the default, for one on each core that the process may use.
  public var threads = 0
  public var model = ModelSettings()
  public var data = DataSettings()
  public var loss = LossSettings()
  public var training = TrainingConfiguration()
  public var fitting = FittingConfiguration()
  public var evaluation = EvaluationSettings()

  public init() {}
}

extension ExperimentSettings: SettingsSection {
  package static let settings: [Setting<ExperimentSettings>] = [
    Setting(
      "recipe", \.recipe, Recipe.value,
      "Which defaults all other settings have: `small_data` learns most from some hundred photographs on a laptop; "
        + "`published` is the paper's network and its training."),
    Setting(
      "name", \.name,
      .text("a name without slashes").mapped({ $0.contains("/") ? nil : $0 }, back: { $0 }),
      "Name of the experiment.", defaultText: "the file's name"),
    Setting(
      "output", \.output, .path("the path of a folder"), "Folder of the results.",
      defaultText: "`runs/` and the name, in the current folder"),
    Setting("seed", \.seed, .whole(0...Int.max), "Seed of all random choices."),
    Setting("device", \.device, device, "Device that computes; `auto` takes CUDA or MPS where there is one."),
    Setting(
      "threads", \.threads, .whole(0...1024),
      "Threads that compute on the CPU; 0 takes one for each core that this process may use. Sums are rounded in another "
        + "order with another number, so that training repeats itself to the last bit with the same number only."),
    Setting("model", section: \.model, "The network."),
    Setting("data", section: \.data, "The images, their scribbles and masks, and how they are varied in training."),
    Setting("loss", section: \.loss, "The losses."),
    Setting("training", section: \.training, "The optimiser, its schedule and what is recorded on the way."),
    Setting(
      "fitting", section: \.fitting,
      "How a head is fitted to frozen features, where `model.network` is `frozen_features`; of `training` only "
        + "`log_every` and `precision` count then, and nothing of `loss`."),
    Setting("evaluation", section: \.evaluation, "How images are predicted in evaluation, and what the report shows."),
  ]

  private static let device = SettingValue<String>.text("auto, cpu, cuda, cuda:N or mps")
    .mapped(
      { Device(name: $0) }, back: { $0.name },
      advice: { node in node.text.flatMap(Device.meant).map { "; did you mean \($0)?" } })
}

extension ExperimentSettings.Device {
  /// Reads "auto", "cpu", "cuda", "cuda:1" or "mps"; nil for anything else.
  public init?(name: String) {
    switch name {
    case "auto": self = .auto
    case "cpu": self = .cpu
    case "cuda": self = .cuda(0)
    case "mps": self = .mps
    default:
      guard name.hasPrefix("cuda:"), let index = Int(name.dropFirst(5)), (0...127).contains(index) else { return nil }
      self = .cuda(index)
    }
  }

  /// The device that was probably meant by another name; nil where none is near.
  package static func meant(by name: String) -> String? {
    switch name.lowercased() {
    case "gpu", "nvidia", "cuda", "rocm", "amd", "xpu": "cuda"
    case "cpu", "processor": "cpu"
    case "metal", "apple": "mps"
    default: nearest(to: name.lowercased(), among: ["auto", "cpu", "cuda", "mps"])
    }
  }

  /// What `init(name:)` reads.
  public var name: String {
    switch self {
    case .auto: "auto"
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    case .mps: "mps"
    }
  }
}

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
