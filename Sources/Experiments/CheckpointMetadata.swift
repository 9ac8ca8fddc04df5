import Datasets
import Files
import Tensors

/// What our checkpoints say beside their tensors: the settings, and the classes by name.
struct CheckpointMetadata {
  private static let settingsKey = "settings"
  private static let classesKey = "classes"
  private static let typicalSideKey = "typical_side"
  private static let softwareKey = "software"

  let settings: ExperimentSettings
  let classes: [String]
  /// The typical longer side of the training photographs as the network saw them, in pixels; nil where it is not known.
  let typicalSide: Int?

  init(_ experiment: Experiment, typicalSide: Int?) {
    settings = experiment.settings
    classes = experiment.classes.names
    self.typicalSide = typicalSide
  }

  /// Reads it from a file's metadata; nil where the file carries none. Throws for settings that cannot be read.
  init?(_ entries: [String: String], path: String) throws(FileError) {
    guard let yaml = entries[Self.settingsKey], let names = entries[Self.classesKey] else { return nil }
    do {
      settings = try ExperimentSettings.parse(yaml, source: path)
    } catch {
      throw .invalid(path, "carries settings that cannot be read: \(error.problem)")
    }
    classes = names.split(separator: "\n").map(String.init)
    typicalSide = entries[Self.typicalSideKey].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  /// As a safetensors file keeps it.
  var entries: [String: String] {
    var entries = [
      Self.settingsKey: settings.resolvedYAML, Self.classesKey: classes.joined(separator: "\n"),
      Self.softwareKey: "blpseg, LibTorch \(LibTorch.version)",
    ]
    if let typicalSide { entries[Self.typicalSideKey] = String(typicalSide) }
    return entries
  }
}
