import Files
import Foundation
import Images

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
