import Datasets
import Files
import Foundation

extension DataSettings {
  /// Where the training images and their scribbles are.
  public var trainingLayout: DatasetLayout { layout(trainList, scribbles: scribbles) }

  /// The training images as far as their ground truth is known; nil where the settings name none.
  public var previewLayout: DatasetLayout? {
    masks.map { layout(trainList, scribbles: scribbles, masks: $0) }
  }

  /// Where the validation images and their ground truth are; nil where the settings name none.
  public var validationLayout: DatasetLayout? {
    guard let validationList, let masks else { return nil }
    return layout(validationList, masks: masks)
  }

  /// Where the images of a list are, with the folders that are named.
  package func layout(_ list: String, scribbles: String? = nil, masks: String? = nil) -> DatasetLayout {
    var layout = DatasetLayout(
      images: path(images), scribbles: scribbles.map(path), masks: masks.map(path), list: path(list))
    layout.scribbleValues = scribbleValues
    let context = PASCALContextMasks(labelNames: labelNames.map(path), isSequential: sequentialRenaming)
    layout.maskFormats = sequentialRenaming ? [context] : [PNGMasks(values: maskValues), context]
    return layout
  }

  /// The classes that the settings name. Throws where their file cannot be read.
  public func classList() throws -> ClassList {
    try checkedClassList().classes
  }

  /// The same with what is odd about their file.
  package func checkedClassList() throws -> (classes: ClassList, warnings: [FileWarning]) {
    switch classes {
    case .voc: return (.voc, [])
    case .context: return (.context, [])
    case .file(let file): return try ClassList.read(path(file))
    case .names(let names):
      do {
        return (try ClassList(names), [])
      } catch {
        throw SettingsError(source: "data.classes", problem: error.problem)
      }
    }
  }

  /// A path below `root`; absolute paths stay as they are.
  package func path(_ relative: String) -> String {
    root == "." && !relative.hasPrefix("/") ? relative : Path.joined(root, relative)
  }
}

extension DataSettings {
  /// Leaves validation out where its list, or the masks, are not there and only the defaults name them.
  mutating func dropAbsentValidation(isListNamed: Bool, areMasksNamed: Bool) {
    func isAbsent(_ name: String?) -> Bool { name.map { !FileManager.default.fileExists(atPath: path($0)) } ?? false }
    if !isListNamed && isAbsent(validationList) { validationList = nil }
    // Masks that a named list needs are looked for as named ones are.
    if !areMasksNamed && !isListNamed && isAbsent(masks) { masks = nil }
  }

  /// Why there is no validation, as half a sentence; nil where there is one.
  public var validationObstacle: String? {
    let defaults = DataSettings()
    for (key, value, usual) in [
      ("validation_list", validationList, defaults.validationList), ("masks", masks, defaults.masks),
    ] where value == nil {
      let path = Path.absolute(self.path(usual ?? ""))
      return FileManager.default.fileExists(atPath: path) ? "data.\(key) is null" : "there is no \(path)"
    }
    return nil
  }
}
