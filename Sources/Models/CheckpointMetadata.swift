import Datasets
import Files
import Images
import Settings
import Tensors

/// What our checkpoints say beside their tensors: the settings, and the classes by name and colour.
package struct CheckpointMetadata {
  private static let settingsKey = "settings"
  private static let classesKey = "classes"
  private static let typicalSideKey = "typical_side"
  private static let colorsKey = "class_colors"
  private static let softwareKey = "software"

  package let settings: ExperimentSettings
  package let classes: [String]
  /// The typical longer side of the training photographs as the network saw them, in pixels; nil where it is not known.
  package let typicalSide: Int?
  /// The colours of the classes; those that their names have by default where the file does not say.
  package let colors: ColorMap

  package init(_ settings: ExperimentSettings, classes: ClassList, typicalSide: Int?) {
    self.settings = settings
    self.classes = classes.names
    self.typicalSide = typicalSide
    colors = classes.colors
  }

  /// Reads it from a file's metadata; nil where the file carries none. Throws for settings that cannot be read.
  package init?(_ entries: [String: String], path: String) throws(FileError) {
    guard let yaml = entries[Self.settingsKey], let names = entries[Self.classesKey] else { return nil }
    do {
      settings = try ExperimentSettings.parse(yaml, source: path)
    } catch {
      throw .invalid(path, "carries settings that cannot be read: \(error.problem)")
    }
    classes = names.split(separator: "\n").map(String.init)
    typicalSide = entries[Self.typicalSideKey].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    guard let colors = entries[Self.colorsKey] else {
      self.colors = ClassList.colors(of: classes)
      return
    }
    let own = colors.split(separator: "\n").compactMap { Color(hex: String($0)) }
    guard own.count == classes.count else {
      throw .invalid(path, "names \(classes.count) classes and gives \(own.count) colours; it is damaged")
    }
    let byLabel = Dictionary(uniqueKeysWithValues: own.enumerated().map { ($0.offset, $0.element) })
    self.colors = ClassList.colors(of: classes, byLabel)
  }

  /// As a safetensors file keeps it.
  package var entries: [String: String] {
    var entries = [
      Self.settingsKey: settings.resolvedYAML, Self.classesKey: classes.joined(separator: "\n"),
      Self.colorsKey: classes.indices.map { colors[UInt8(clamping: $0)].hex }.joined(separator: "\n"),
      Self.softwareKey: "blpseg, LibTorch \(LibTorch.version)",
    ]
    if let typicalSide { entries[Self.typicalSideKey] = String(typicalSide) }
    return entries
  }
}
