import Files
import Foundation

/// The XML of ScribbleSup: `<size><width/><height/></size>`, and for each stroke
/// `<polygon><tag/><point><X/><Y/></point>...</polygon>` below `<annotation>`.
///
/// Strokes are lines of width 1, and dots of radius 0 where they have a single point. The file name inside is not read,
/// because published files often name another photograph.
package struct ScribbleSupXML: AnnotationFormat {
  package let name = "ScribbleSup XML"
  package let fileExtensions = ["xml"]

  /// In bytes: a thousand times the size of a published file.
  static let longestFile = 64 << 20
  static let longestSide = 65_535
  static let mostPixels = 1 << 28

  package init() {}

  /// Whether the file begins with a tag, after white space and a byte-order mark of UTF-8 or UTF-16.
  package func recognises(_ bytes: Data) -> Bool {
    let marks: Set<UInt8> = [0xEF, 0xBB, 0xBF, 0xFE, 0xFF]
    return bytes.first { $0 > 0x20 && !marks.contains($0) } == UInt8(ascii: "<")
  }

  /// Reads UTF-8, UTF-16 and ISO 8859-1; errors name the file and the line.
  package func read(
    _ bytes: Data, path: String, _ warnings: inout [FileWarning], checkingSize: SizeCheck
  ) throws(FileError) -> Annotation {
    guard bytes.count <= ScribbleSupXML.longestFile else {
      throw .invalid(path, "has \(bytes.count) bytes, a scribble file has at most \(ScribbleSupXML.longestFile)")
    }
    guard bytes.contains(where: { $0 > 0x20 }) else { throw .invalid(path, "is empty, a scribble XML was expected") }
    // Without a byte-order mark, zeros are those of a binary file rather than UTF-16's.
    let isUTF16 = bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
    guard isUTF16 || !bytes.contains(0) else { throw .invalid(path, "is not text in UTF-8, as XML is expected to be") }
    let reader = ScribbleSupXMLReader()
    if let fault = reader.read(bytes) { throw .invalid(path, "line \(fault.line): \(fault.problem)") }
    if reader.hasBoundingBoxes && reader.marks.isEmpty {
      throw .invalid(
        path,
        "holds bounding boxes (<object>), and scribbles were expected: a <polygon> with <tag> and <point> for each stroke"
      )
    }
    guard let width = reader.width, let height = reader.height else {
      throw .invalid(path, "has no <size> with <width> and <height>, so its strokes cannot be placed")
    }
    guard width * height <= ScribbleSupXML.mostPixels else {
      throw .invalid(path, "is for \(width) x \(height) pixels, at most \(ScribbleSupXML.mostPixels) are possible")
    }
    return Annotation(width: width, height: height, marks: reader.marks, path: path)
  }

  /// Nil for bitmaps, regions, wider lines and larger dots, for tags that XML cannot hold, and beyond the limits of
  /// `read`.
  package func write(_ annotation: Annotation) -> Data? {
    let (width, height) = (annotation.width, annotation.height)
    guard annotation.bitmap == nil, max(width, height) <= ScribbleSupXML.longestSide,
      width * height <= ScribbleSupXML.mostPixels
    else { return nil }
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<annotation>",
      "<size><width>\(width)</width><height>\(height)</height></size>",
    ]
    var elements = 4
    for mark in annotation.marks {
      guard let points = mark.shape.stroke, let tag = escaped(mark.tag) else { return nil }
      elements += 2 + 3 * points.count
      let list = points.map { "<point><X>\($0.x)</X><Y>\($0.y)</Y></point>" }.joined()
      lines.append("<polygon><tag>\(tag)</tag>\(list)</polygon>")
    }
    let data = Data((lines + ["</annotation>", ""]).joined(separator: "\n").utf8)
    let isReadable = elements <= ScribbleSupXMLReader.mostElements && data.count <= ScribbleSupXML.longestFile
    return isReadable ? data : nil
  }

  /// The text of a `<tag>`; nil for a tag that would be read as another one.
  private func escaped(_ tag: String) -> String? {
    guard !tag.isEmpty, tag.utf8.count <= ScribbleSupXMLReader.longestText,
      tag == tag.trimmingCharacters(in: .whitespacesAndNewlines), tag.unicodeScalars.allSatisfy(isCharacter)
    else { return nil }
    var text = ""
    for scalar in tag.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\n": text += "&#10;"
      case "\r": text += "&#13;"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// Whether XML 1.0 allows the character.
  private func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 9, 10, 13, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }
}

extension Mark.Shape {
  /// The points of a stroke of the XML; nil where the shape is none.
  fileprivate var stroke: [Mark.Point]? {
    switch self {
    case .line(let points, width: 1): points
    case .dot(let point, radius: 0): [point]
    default: nil
    }
  }
}
