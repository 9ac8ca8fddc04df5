import ArgumentParser
import Experiments
import Processes

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

  func load(_ extra: [String] = []) throws -> ExperimentSettings {
    try ExperimentSettings.load(config, overrides: overrides + extra)
  }

  func experiment(_ extra: [String] = [], as place: ProcessPlace? = nil) throws -> Experiment {
    try Experiment(load(extra), as: place)
  }
}
