import Files
import Foundation

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
    if xml.contains(0) { throw .invalid(path, "holds zero bytes, XML in UTF-8 was expected") }
    var reader = ScribbleXMLReader([UInt8](xml))
    do {
      try reader.read()
    } catch {
      throw .invalid(path, "line \(reader.line()): \(error.problem)")
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

/// Collects the strokes of an XML file; elements that it does not know are passed over with all that they hold.
private struct ScribbleXMLReader {
  private(set) var width: Int?
  private(set) var height: Int?
  private(set) var strokes: [Stroke] = []

  private enum Element { case annotation, size, width, height, polygon, tag, point, x, y, unknown }

  private var scanner: XMLScanner
  private var open: [Element] = []
  private var text = ""
  private var tag: String?
  private var points: [Stroke.Point] = []
  private var x: Int?
  private var y: Int?

  init(_ bytes: [UInt8]) { scanner = XMLScanner(bytes) }

  mutating func line() -> Int { scanner.line() }

  mutating func read() throws(XMLScanner.Fault) {
    while let event = try scanner.next() {
      switch event {
      case .start(let name): try start(scanner.text(name))
      case .text(let range): if holdsText { text += try scanner.resolved(range) }
      case .literal(let range): if holdsText { text += scanner.text(range) }
      case .end: try end()
      }
    }
  }

  private var holdsText: Bool {
    switch open.last {
    case .width, .height, .tag, .x, .y: true
    default: false
    }
  }

  private mutating func start(_ name: String) throws(XMLScanner.Fault) {
    let element: Element
    switch (open.last, name) {
    case (nil, "annotation"): element = .annotation
    case (nil, _):
      throw XMLScanner.Fault("the root element is <\(name.prefix(64))>, <annotation> was expected")
    case (.annotation, "size"): element = .size
    case (.size, "width"): element = .width
    case (.size, "height"): element = .height
    case (.annotation, "polygon"):
      element = .polygon
      (tag, points) = (nil, [])
    case (.polygon, "tag"): element = .tag
    case (.polygon, "point"):
      element = .point
      (x, y) = (nil, nil)
    case (.point, "X"): element = .x
    case (.point, "Y"): element = .y
    default: element = .unknown
    }
    open.append(element)
    if holdsText { text = "" }
  }

  private mutating func end() throws(XMLScanner.Fault) {
    switch open.popLast() {
    case .width: width = try side("width")
    case .height: height = try side("height")
    case .tag: tag = text.trimmingCharacters(in: .whitespacesAndNewlines)
    case .x: x = try coordinate("X")
    case .y: y = try coordinate("Y")
    case .point:
      guard let x, let y else { throw XMLScanner.Fault("a <point> has no \(x == nil ? "<X>" : "<Y>")") }
      points.append(Stroke.Point(x: x, y: y))
    case .polygon:
      guard let tag, !tag.isEmpty else { throw XMLScanner.Fault("a <polygon> has no <tag>, so its class is unknown") }
      strokes.append(Stroke(tag: tag, points: points, line: scanner.line()))
    case .annotation, .size, .unknown, nil: break
    }
  }

  private func side(_ name: String) throws(XMLScanner.Fault) -> Int {
    let found = text.trimmingCharacters(in: .whitespacesAndNewlines)
    let longest = ScribbleAnnotation.longestSide
    if let value = Int(found), 1...longest ~= value { return value }
    throw XMLScanner.Fault("the <\(name)> is \"\(found.prefix(32))\", a whole number from 1 to \(longest) was expected")
  }

  /// A coordinate, decimals cut off: the pixel that holds the point.
  private func coordinate(_ name: String) throws(XMLScanner.Fault) -> Int {
    // Anything outside is moved to the border later, so far away is as good as farther away.
    let farAway = 1_000_000
    if let value = Int(text) { return min(max(value, -farAway), farAway) }
    let found = text.trimmingCharacters(in: .whitespacesAndNewlines)
    if let value = Double(found), value.isFinite { return Int(min(max(value, -Double(farAway)), Double(farAway))) }
    throw XMLScanner.Fault("the <\(name)> of a point is \"\(found.prefix(32))\", a number was expected")
  }
}
