import Annotations
import Files
import Images

/// A file format of ground truth.
public protocol MaskFormat: Sendable {
  /// The extensions of its files in lower case, without a dot.
  var fileExtensions: [String] { get }

  /// The reader of the masks of a data set in this format: `paths`, possibly none, in `folder`.
  ///
  /// Throws where the format's labels do not fit the classes. `ClassList.unknown` fits all.
  func reader(of paths: [String], in folder: String, _ classes: ClassList) throws(FileError) -> any MaskReader
}

/// Reads the masks of one data set and format.
public protocol MaskReader: Sendable {
  /// The class of each pixel of a mask, `Label.ignored` where it is void.
  ///
  /// Throws for files of another format and for labels without a class, and what `checkingSize` throws for the size.
  func read(
    _ path: String, _ warnings: inout [FileWarning], checkingSize: SizeCheck
  ) throws(FileError) -> LabelMap
}

/// Palette or grey PNGs, whose index is the class or a value with another meaning.
public struct PNGMasks: MaskFormat {
  public var fileExtensions: [String] { ["png"] }
  private let values: LabelValues?

  /// `values` are the meanings of the indices, nil where they are classes and 255 is void.
  public init(values: LabelValues? = nil) { self.values = values }

  public func reader(of paths: [String], in folder: String, _ classes: ClassList) throws(FileError) -> any MaskReader {
    try LabelTable(values, classes, setting: LabelValues.maskSetting)
  }
}

extension LabelTable: MaskReader {
  func read(_ path: String, _ warnings: inout [FileWarning], checkingSize: SizeCheck) throws(FileError) -> LabelMap {
    let bytes = try InputFile.read(path)
    return try labels(of: LabelMap(decoding: bytes, from: path, &warnings, checkingSize: checkingSize), path)
  }
}
