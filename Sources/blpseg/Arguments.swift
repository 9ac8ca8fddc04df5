import ArgumentParser
import Experiments
import Foundation
import Images
import Processes
import Settings
import Tensors

/// A settings file with overrides: what most commands begin with.
struct SettingsArguments: ParsableArguments {
  @Argument(help: "Settings of the experiment, a YAML file (blpseg inspect settings lists them all).")
  var config: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Override a setting, as in training.epochs=3; relative paths count from the current folder.",
      valueName: "path=value"))
  var overrides: [String] = []

  /// The settings; LibTorch uses the number of threads that they set from then on.
  func load(_ extra: [String] = []) throws -> ExperimentSettings {
    let settings = try ExperimentSettings.load(config, overrides: overrides + extra)
    ProcessorShare.apply(settings.threads)
    return settings
  }

  func experiment(_ extra: [String] = [], as launch: LaunchEnvironment? = nil) throws -> Experiment {
    try Experiment(load(extra), as: launch)
  }
}

/// The views that are averaged, and whether a dense CRF refines the result.
struct ViewArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Factors from 0.1 to 4 by which the sides are resized for each view, with commas between (default: 0.5,0.75,1,1.25, or as the settings say).",
      valueName: "factors"))
  var scales: ScaleList?

  @Flag(inversion: .prefixedNo, help: "Average each view with its mirror image (default: yes, or as the settings say).")
  var mirror: Bool?

  @Flag(
    inversion: .prefixedNo,
    help:
      "Refine the probabilities with a dense CRF, which moves the edges of regions to edges in the photograph (default: no, or as the settings say)."
  )
  var crf: Bool?

  /// The views asked for; what is not given is as published.
  var views: Views {
    Views(scales: scales?.factors ?? Views.published.scales, mirror: mirror ?? Views.published.mirror)
  }

  /// The same as overrides of settings, where what is not given is as `standard` says, or else as the settings say.
  func overrides(standard: Views? = nil) -> [String] {
    var result: [String] = []
    if let factors = scales?.factors ?? standard?.scales { result.append("evaluation.scales=\(factors)") }
    if let mirror = mirror ?? standard?.mirror { result.append("evaluation.mirror=\(mirror)") }
    if let crf { result.append("evaluation.crf=\(crf)") }
    return result
  }
}

/// Factors as a command line gives them: "0.5,1".
struct ScaleList: ExpressibleByArgument {
  let factors: [Double]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    factors = words.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
    guard factors.count == words.count, factors.count <= 16, factors.allSatisfy((0.1...4).contains) else { return nil }
  }
}
