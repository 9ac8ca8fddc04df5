import ArgumentParser
import Experiments
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

  /// The settings; LibTorch computes on as many threads as they say from then on.
  func load(_ extra: [String] = []) throws -> ExperimentSettings {
    let settings = try ExperimentSettings.load(config, overrides: overrides + extra)
    ProcessorShare.apply(settings.threads)
    return settings
  }

  func experiment(_ extra: [String] = [], as launch: LaunchEnvironment? = nil) throws -> Experiment {
    try Experiment(load(extra), as: launch)
  }
}
