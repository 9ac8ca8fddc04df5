import Batches
import Datasets
import Files
import Foundation

/// The images, their scribbles and masks, and how they are varied in training.
public struct DataSettings: Sendable, Equatable {
  /// Where the class names come from.
  public enum Classes: Sendable, Equatable {
    /// The 21 classes of PASCAL VOC, background first.
    case voc
    /// The 60 classes of PASCAL-Context, background first.
    case context
    /// A file of names, relative to `root`.
    case file(String)
    /// The names themselves, in the order of their labels.
    case names([String])
  }

  /// The folder that the other paths are relative to.
  public var root = "."
  /// The folder of photographs.
  public var images = "JPEGImages"
  /// The folder of scribbles.
  public var scribbles = "scribbles"
  /// The folder of ground truth masks, for validation only; nil without validation.
  public var masks: String? = "SegmentationClass"
  /// The list of training images; default `ImageSets/Segmentation/train.txt`.
  public var trainList = "ImageSets/Segmentation/train.txt"
  /// The list of validation images; nil without validation; default `ImageSets/Segmentation/val.txt`.
  public var validationList: String? = "ImageSets/Segmentation/val.txt"
  /// The class names; default the file `classes.txt`.
  public var classes = Classes.file("classes.txt")
  /// The names of the labels in masks that are MATLAB files; nil for PASCAL-Context's 459.
  public var labelNames: String?
  /// Whether such labels are renamed to classes one after another, as the published program does by mistake.
  public var sequentialRenaming = false
  /// What the values in scribble PNGs mean; nil where they are class indices and 255 is "nothing drawn".
  public var scribbleValues: LabelValues?
  /// What the values in mask PNGs mean; nil where they are class indices and 255 is void.
  public var maskValues: LabelValues?
  /// How training images are varied, and what photographs are reduced to before anything is learnt or predicted: the
  /// crop's side is 32...4096, factors of scale within 0.1...4, and `maxSide` 64...16384.
  public var augmentation = Augmentation()
  /// Threads that prepare batches, 1...256.
  public var workers = 2

  public init() {}
}

extension DataSettings: SettingsSection {
  package static let settings: [Setting<DataSettings>] = [
    Setting(
      "root", \.root, .path("the path of a folder"), "Folder that the other paths of this section are relative to.",
      defaultText: "the settings file's folder"),
    Setting("images", \.images, .pathBelowRoot("the path of a folder"), "Photographs, ID.jpg or ID.png."),
    Setting(
      "scribbles", \.scribbles, .pathBelowRoot("the path of a folder"), "Scribbles, \(DatasetLayout.scribbleFiles)."),
    Setting(
      "masks", \.masks, .optional(.pathBelowRoot("the path of a folder")),
      "Ground truth, \(DatasetLayout.maskFiles), for validation only. Where the default is meant and there is no such folder, "
        + "there is no validation."),
    Setting(
      "train_list", \.trainList, .pathBelowRoot("the path of a text file"),
      "Names of the training images, one per line."),
    Setting(
      "validation_list", \.validationList, .optional(.pathBelowRoot("the path of a text file")),
      "Names of the validation images, one per line. Where the default is meant and there is no such file, there is no "
        + "validation; a list that is named must be there."),
    Setting(
      "classes", \.classes, classes,
      "Names of the classes in the order of their labels, background first; `voc` is PASCAL VOC's 21, `context` "
        + "PASCAL-Context's 60; a line of a file may end in the class's colour, as in `leaf #30C650`."),
    Setting(
      "label_names", \.labelNames, .optional(.pathBelowRoot("the path of a text file")),
      "Names of the labels in masks ID.mat, one per line as in `1: accordion`; null for PASCAL-Context's 459."),
    Setting(
      "sequential_renaming", \.sequentialRenaming, .flag,
      "Rename the labels of masks ID.mat in turn, as the published program does by mistake, to compare with it."),
    Setting(
      "scribble_values", \.scribbleValues, .optional(labelValues),
      "Classes of the values in scribbles ID.png, as in `{0: unlabelled, 1: cat, 2: background}`; null where a value is "
        + "the class's number and 255 is nothing drawn."),
    Setting(
      "mask_values", \.maskValues, .optional(labelValues),
      "Classes of the values in masks ID.png, as in `{0: background, 255: cat}`; null where a value is the class's "
        + "number and 255 is void."),
    Setting("crop", \.augmentation.crop, .whole(32...4096), "Side of the square that training sees, in pixels."),
    Setting(
      "flip_probability", \.augmentation.flipProbability, .number(0...1),
      "Probability that a training image is mirrored."),
    Setting(
      "scale", \.augmentation.scale, factors,
      "Factors that training images are resized by, drawn evenly from this range."),
    Setting(
      "color_jitter", \.augmentation.colorJitter, .number(0...1),
      "How far training varies contrast and saturation, as factors from 1 less this to 1 more, and brightness, by up to a quarter "
        + "of this of its range; 0 leaves colours as they are."),
    Setting(
      "max_side", \.augmentation.maxSide, .optional(.whole(64...16384)),
      "Longer side in pixels that larger photographs are reduced to, with their labels, before training and before each "
        + "prediction, whose result has the photograph's own size again; `predict` takes it from the checkpoint. Choose "
        + "it where photographs have 1000 pixels and more per side, as those of phones: nothing is gained from pixels "
        + "smaller than what is to be told apart. Null leaves photographs as they are."),
    Setting("workers", \.workers, .whole(1...256), "Threads that prepare batches."),
  ]

  private static let factors = SettingValue<[Double]>.list(.number(0.1...4), count: 2...2, of: "two numbers")
    .mapped(
      expectation: "[lowest, highest], two numbers from 0.1 to 4 in ascending order",
      { $0[0] <= $0[1] ? $0[0]...$0[1] : nil }, back: { [$0.lowerBound, $0.upperBound] })

  /// A name alone, or a list of 2 to 254 different names: label 255 has a meaning of its own, and so has the number of
  /// classes, which stands for unlabelled pixels.
  private static let classes: SettingValue<Classes> = {
    let source = SettingValue<String>.text("a file")
    let name = SettingValue<String>.text("a name")
    let names = SettingValue<[String]>.list(name, count: 2...254, of: "names")
    return SettingValue(
      expectation: "a file relative to root, voc, context, or a list of 2 to 254 different names",
      read: { node in
        if let names = names.read(node) { return Set(names).count == names.count ? .names(names) : nil }
        return source.read(node).map { text in
          switch text {
          case "voc": .voc
          case "context": .context
          default: .file(text)
          }
        }
      },
      write: { classes in
        switch classes {
        case .voc: "voc"
        case .context: "context"
        case .file(let path): source.write(path)
        case .names(let list): names.write(list)
        }
      },
      located: { classes, paths in
        if case .file(let path) = classes { .file(paths.belowRoot(path)) } else { classes }
      })
  }()
}

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
