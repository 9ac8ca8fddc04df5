import Datasets
import Files

extension DataSettings {
  /// Where the training images and their scribbles are.
  public var trainingLayout: DatasetLayout {
    DatasetLayout(images: path(images), scribbles: path(scribbles), list: path(trainList))
  }

  /// The training images as far as their ground truth is known; nil where the settings name none.
  public var shownLayout: DatasetLayout? {
    guard let masks else { return nil }
    var layout = trainingLayout
    layout.masks = path(masks)
    return layout
  }

  /// Where the validation images and their ground truth are; nil where the settings name none.
  public var validationLayout: DatasetLayout? {
    guard let validationList, let masks else { return nil }
    return DatasetLayout(images: path(images), masks: path(masks), list: path(validationList))
  }

  /// The classes that the settings name. Throws where their file cannot be read.
  public func classList() throws -> ClassList {
    switch classes {
    case .voc: return .voc
    case .context: return .context
    case .file(let file): return try explaining { () throws(FileError) in try ClassList(contentsOf: path(file)) }
    case .names(let names):
      do {
        return try ClassList(names)
      } catch {
        throw SettingsError(source: "data.classes", problem: error.problem)
      }
    }
  }

  /// The names of the labels in masks that are MATLAB files. Throws where their file cannot be read.
  public func maskLabelNames() throws(FileError) -> LabelNames {
    guard let labelNames else { return .context }
    return try LabelNames(contentsOf: path(labelNames))
  }

  /// A path below `root`; absolute paths stay as they are.
  func path(_ relative: String) -> String {
    root == "." && !relative.hasPrefix("/") ? relative : Path.joined(root, relative)
  }
}
