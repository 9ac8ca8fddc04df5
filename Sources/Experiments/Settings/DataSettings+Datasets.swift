import Datasets
import Files

extension DataSettings {
  /// Where the training images and their scribbles are.
  public var trainingLayout: DatasetLayout { layout(trainList, scribbles: scribbles) }

  /// The training images as far as their ground truth is known; nil where the settings name none.
  public var shownLayout: DatasetLayout? {
    masks.map { layout(trainList, scribbles: scribbles, masks: $0) }
  }

  /// Where the validation images and their ground truth are; nil where the settings name none.
  public var validationLayout: DatasetLayout? {
    guard let validationList, let masks else { return nil }
    return layout(validationList, masks: masks)
  }

  /// Where the images of a list are, with the folders that are named.
  func layout(_ list: String, scribbles: String? = nil, masks: String? = nil) -> DatasetLayout {
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
  func checkedClassList() throws -> (classes: ClassList, warnings: [FileWarning]) {
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
  func path(_ relative: String) -> String {
    root == "." && !relative.hasPrefix("/") ? relative : Path.joined(root, relative)
  }
}
