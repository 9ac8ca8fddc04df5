import Files
import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

extension ScribbleAnnotation {
  /// Longer files are refused: a thousand times the size of a published one.
  static let longestFile = 64 << 20
  static let longestSide = 65_535
  static let mostPixels = 1 << 28

  /// Reads an annotation in the XML of ScribbleSup; errors name the file and the line.
  public init(xmlFile path: String) throws(FileError) {
    try self.init(xml: try InputFile.read(path), path: path)
  }

  /// Parses an annotation in the XML of ScribbleSup; `path` is what errors call the file.
  public init(xml: Data, path: String) throws(FileError) {
    guard xml.count <= ScribbleAnnotation.longestFile else {
      throw .invalid(path, "has \(xml.count) bytes, a scribble file has at most \(ScribbleAnnotation.longestFile)")
    }
    guard xml.contains(where: { $0 > 0x20 }) else { throw .invalid(path, "is empty, a scribble XML was expected") }
    // Foundation's parser ends the process at names that are not UTF-8.
    guard !xml.contains(0), let text = String(data: xml, encoding: .utf8) else {
      throw .invalid(path, "is not text in UTF-8, as XML is expected to be")
    }
    guard !text.contains("<!DOCTYPE"), !text.contains("<!ENTITY") else {
      throw .invalid(path, "holds a declaration (<!DOCTYPE or <!ENTITY), which a scribble file may not; remove it")
    }
    let reader = ScribbleXMLReader()
    if let fault = reader.read(xml) { throw .invalid(path, "line \(fault.line): \(fault.problem)") }
    guard let width = reader.width, let height = reader.height else {
      throw .invalid(path, "has no <size> with <width> and <height>, so its strokes cannot be placed")
    }
    guard width * height <= ScribbleAnnotation.mostPixels else {
      throw .invalid(path, "is for \(width) x \(height) pixels, at most \(ScribbleAnnotation.mostPixels) are possible")
    }
    self.init(width: width, height: height, strokes: reader.strokes, path: path)
  }
}
