import Files
import Foundation
import Images

/// Throws for a width and height that are not the photograph's.
public typealias SizeCheck = (_ width: Int, _ height: Int) throws(FileError) -> Void

/// A file format of annotations.
///
/// A format is a type and an entry of `AnnotationFormats.all`, from which file searches, messages and help follow.
package protocol AnnotationFormat: Sendable {
  /// Its name in messages, as in "scribbles in PNG".
  var name: String { get }
  /// The extensions of its files in lower case, without a dot.
  var fileExtensions: [String] { get }

  /// Whether a file that begins like `bytes` is of this format, readable or not.
  func recognises(_ bytes: Data) -> Bool

  /// The annotation in the bytes of a file; `path` names it in errors and warnings.
  ///
  /// Readers call `checkingSize` as soon as they know the size, before they decode what a wrong size would make large.
  func read(
    _ bytes: Data, path: String, _ warnings: inout [FileWarning], checkingSize: SizeCheck
  ) throws(FileError) -> Annotation

  /// The bytes of a file of the annotation; nil where the format cannot hold all of it.
  func write(_ annotation: Annotation) -> Data?
}

/// The formats of annotations that the program reads.
package enum AnnotationFormats {
  /// Of two files with one name the one in the earlier format is read.
  package static let all: [any AnnotationFormat] = [ScribbleSupXML(), LabelPNG()]

  /// Formats of marks, which can be drawn as a label image: all but label images themselves.
  package static var drawable: [any AnnotationFormat] { all.filter { !($0 is LabelPNG) } }

  static func format(of bytes: Data, path: String) throws(FileError) -> any AnnotationFormat {
    if let format = all.first(where: { $0.recognises(bytes) }) { return format }
    let expected = "an annotation in \(all.names) was expected"
    guard bytes.contains(where: { $0 > 0x20 }) else { throw .invalid(path, "is empty, \(expected)") }
    throw .invalid(path, "is in an unknown format, \(expected)")
  }
}

extension [any AnnotationFormat] {
  /// The extensions of the files of these formats, in the order of the formats.
  package var fileExtensions: [String] { flatMap(\.fileExtensions) }

  /// The formats by name: "XML or PNG".
  package var names: String { map(\.name).alternatives }
}

extension Annotation {
  /// The annotation in a file, whose format is recognised by its first bytes, not by its name.
  ///
  /// Throws when the file is missing or in no format of `AnnotationFormats`, and when its size is not that of
  /// `photograph`; without `photograph` any size is accepted. Problems of a file that can be read nevertheless are
  /// added to `warnings`.
  package init(
    contentsOf path: String, for photograph: ImageHeader?, _ warnings: inout [FileWarning]
  ) throws(FileError) {
    let bytes = try InputFile.read(path)
    func requireSize(_ width: Int, _ height: Int) throws(FileError) {
      guard let photograph, (photograph.width, photograph.height) != (width, height) else { return }
      let advice =
        photograph.adviceOnOrientation(forLabels: width, height)
        ?? "draw it again, or use the photograph that it was drawn on"
      throw .invalid(
        path,
        "is for \(width) x \(height) pixels, its photograph has \(photograph.width) x \(photograph.height); \(advice)")
    }
    let format = try AnnotationFormats.format(of: bytes, path: path)
    self = try format.read(bytes, path: path, &warnings, checkingSize: requireSize)
    try requireSize(width, height)
  }

  /// The same without the warnings.
  package init(contentsOf path: String, for photograph: ImageHeader? = nil) throws(FileError) {
    var warnings: [FileWarning] = []
    try self.init(contentsOf: path, for: photograph, &warnings)
  }
}

/// A label image as an annotation: a palette or grey PNG whose index is the label, 255 where nothing was drawn.
///
/// Labels are taken as they are. A file that lacks nothing but its end is read, with a warning.
package struct LabelPNG: AnnotationFormat {
  package let name = "PNG"
  package let fileExtensions = ["png"]

  package init() {}

  package func recognises(_ bytes: Data) -> Bool { ImageFormat(of: bytes) == .png }

  package func read(
    _ bytes: Data, path: String, _ warnings: inout [FileWarning], checkingSize: SizeCheck
  ) throws(FileError) -> Annotation {
    let labels = try LabelMap(decoding: bytes, from: path, &warnings, checkingSize: checkingSize)
    return Annotation(width: labels.width, height: labels.height, bitmap: labels, path: path)
  }

  /// A palette PNG of a bitmap without marks; nil for other annotations, whose marks have to be drawn first.
  package func write(_ annotation: Annotation) -> Data? {
    annotation.marks.isEmpty ? try? annotation.bitmap?.palettePNGData() : nil
  }
}
