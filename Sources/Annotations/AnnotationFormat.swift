import Files
import Foundation

/// Throws for a width and height that are not the photograph's.
package typealias SizeCheck = (_ width: Int, _ height: Int) throws(FileError) -> Void

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
