import Files
import Foundation

extension ScribbleAnnotation {
  /// Longer files are refused: a thousand times the size of a published one.
  static let longestFile = 64 << 20
  static let longestSide = 65_535
  static let mostPixels = 1 << 28

  /// Reads an annotation in the XML of ScribbleSup, in UTF-8, UTF-16 or ISO 8859-1; errors name the file and the line.
  public init(xmlFile path: String) throws(FileError) {
    try self.init(xml: try InputFile.read(path), path: path)
  }

  /// Parses an annotation in the XML of ScribbleSup; `path` is what errors call the file.
  public init(xml: Data, path: String) throws(FileError) {
    guard xml.count <= ScribbleAnnotation.longestFile else {
      throw .invalid(path, "has \(xml.count) bytes, a scribble file has at most \(ScribbleAnnotation.longestFile)")
    }
    guard xml.contains(where: { $0 > 0x20 }) else { throw .invalid(path, "is empty, a scribble XML was expected") }
    // Without a mark, zeros are those of a binary file rather than UTF-16's.
    let isUTF16 = xml.starts(with: [0xFE, 0xFF]) || xml.starts(with: [0xFF, 0xFE])
    guard isUTF16 || !xml.contains(0) else { throw .invalid(path, "is not text in UTF-8, as XML is expected to be") }
    let reader = ScribbleXMLReader()
    if let fault = reader.read(xml) { throw .invalid(path, "line \(fault.line): \(fault.problem)") }
    if reader.hasBoundingBoxes && reader.strokes.isEmpty {
      throw .invalid(
        path,
        "holds bounding boxes (<object>), and scribbles were expected: a <polygon> with <tag> and <point> for each stroke"
      )
    }
    guard let width = reader.width, let height = reader.height else {
      throw .invalid(path, "has no <size> with <width> and <height>, so its strokes cannot be placed")
    }
    guard width * height <= ScribbleAnnotation.mostPixels else {
      throw .invalid(path, "is for \(width) x \(height) pixels, at most \(ScribbleAnnotation.mostPixels) are possible")
    }
    self.init(width: width, height: height, strokes: reader.strokes, path: path)
  }
}
