import Annotations
import Files
import Images

/// Where a data set keeps its files: a folder of each kind and a list of the ids that belong to it.
///
/// The files of id X are X with an extension of photographs (`images/X.jpg`), annotations (`scribbles/X.xml`) and masks
/// (`masks/X.png`); of several in a folder, that with the earliest extension is used.
public struct DatasetLayout: Sendable {
  /// Folder of the photographs.
  public var images: String
  /// Folder of the scribbles, or nil where none are needed, as in evaluation.
  public var scribbles: String?
  /// Folder of the ground truth, or nil where there is none.
  public var masks: String?
  /// Text file with one id per line.
  public var list: String
  /// Meaning of the values in label images of scribbles; nil where they are class indices.
  public var scribbleValues: LabelValues?
  /// Formats that masks may have, the preferred one first.
  package var maskFormats: [any MaskFormat] = DatasetLayout.defaultMaskFormats

  public init(images: String, scribbles: String? = nil, masks: String? = nil, list: String) {
    self.images = images
    self.scribbles = scribbles
    self.masks = masks
    self.list = list
  }

  private static let defaultMaskFormats: [any MaskFormat] = [PNGMasks(), PASCALContextMasks()]

  /// The files of an image's scribbles, for descriptions: "ID.xml or ID.png".
  public static var scribbleFiles: String { files(AnnotationFormats.all.fileExtensions) }
  /// The files of an image's ground truth, for descriptions.
  public static var maskFiles: String { files(defaultMaskFormats.flatMap(\.fileExtensions)) }

  private static func files(_ extensions: [String]) -> String { extensions.map { "ID.\($0)" }.alternatives }
}

/// A file format of ground truth.
package protocol MaskFormat: Sendable {
  /// The extensions of its files in lower case, without a dot.
  var fileExtensions: [String] { get }

  /// The reader of the masks of a data set in this format: `paths`, possibly none, in `folder`.
  ///
  /// Throws where the format's labels do not fit the classes. `ClassList.unknown` fits all.
  func reader(of paths: [String], in folder: String, _ classes: ClassList) throws(FileError) -> any MaskReader
}

/// Reads the masks of one data set and format.
package protocol MaskReader: Sendable {
  /// The class of each pixel of a mask, `Label.ignored` where it is void.
  ///
  /// Throws for files of another format and for labels without a class, and what `checkingSize` throws for the size.
  func read(
    _ path: String, _ warnings: inout [FileWarning], checkingSize: SizeCheck
  ) throws(FileError) -> LabelMap
}

/// Palette or grey PNGs, whose index is the class or a value with another meaning.
package struct PNGMasks: MaskFormat {
  package var fileExtensions: [String] { ["png"] }
  private let values: LabelValues?

  /// `values` are the meanings of the indices, nil where they are classes and 255 is void.
  package init(values: LabelValues? = nil) { self.values = values }

  package func reader(of paths: [String], in folder: String, _ classes: ClassList) throws(FileError) -> any MaskReader {
    try LabelTable(values, classes, setting: LabelValues.maskSetting)
  }
}

extension LabelTable: MaskReader {
  func read(_ path: String, _ warnings: inout [FileWarning], checkingSize: SizeCheck) throws(FileError) -> LabelMap {
    let bytes = try InputFile.read(path)
    return try labels(of: LabelMap(decoding: bytes, from: path, &warnings, checkingSize: checkingSize), path)
  }
}
