import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Collects the strokes of an XML file; elements that it does not know are passed over with all that they hold.
final class ScribbleXMLReader: NSObject, XMLParserDelegate {
  /// What is wrong, and where.
  struct Fault {
    let line: Int
    let problem: String
  }

  private(set) var width: Int?
  private(set) var height: Int?
  private(set) var strokes: [Stroke] = []

  private enum Element { case annotation, size, width, height, polygon, tag, point, x, y, unknown }

  private static let deepest = 64

  private var open: [(element: Element, name: String)] = []
  private var fault: Fault?
  private var hasRoot = false
  private var text = ""
  private var tag: String?
  private var points: [Stroke.Point] = []
  private var x: Int?
  private var y: Int?

  /// Reads a whole file, and returns what is wrong with it, if anything is.
  func read(_ xml: Data) -> Fault? {
    let parser = XMLParser(data: xml)
    parser.delegate = self
    let isParsed = parser.parse()
    if let fault { return fault }
    // On Linux a file that is cut short counts as parsed.
    if isParsed && parser.parserError == nil && open.isEmpty && hasRoot { return nil }
    let place = open.last.map { " inside <\($0.name.prefix(64))>" } ?? ""
    return Fault(line: max(1, parser.lineNumber), problem: "is not well-formed XML\(place); it may be cut short")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    guard open.count < Self.deepest else {
      return stop(parser, "has elements inside each other more than \(Self.deepest) deep")
    }
    if open.isEmpty && name != "annotation" {
      return stop(parser, "the root element is <\(name.prefix(64))>, <annotation> was expected")
    }
    hasRoot = true
    let element = element(name)
    switch element {
    case .polygon: (tag, points) = (nil, [])
    case .point: (x, y) = (nil, nil)
    default: break
    }
    open.append((element, name))
    text = ""
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { if holdsText { text += string } }

  func parser(_ parser: XMLParser, foundCDATA block: Data) {
    if holdsText { text += String(decoding: block, as: UTF8.self) }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    let found = text.trimmingCharacters(in: .whitespacesAndNewlines)
    switch open.popLast()?.element {
    case .width: width = side("width", found, parser)
    case .height: height = side("height", found, parser)
    case .tag: tag = found
    case .x: x = coordinate("X", found, parser)
    case .y: y = coordinate("Y", found, parser)
    case .point:
      guard let x, let y else { return stop(parser, "a <point> has no \(x == nil ? "<X>" : "<Y>")") }
      points.append(Stroke.Point(x: x, y: y))
    case .polygon:
      guard let tag, !tag.isEmpty else { return stop(parser, "a <polygon> has no <tag>, so its class is unknown") }
      strokes.append(Stroke(tag: tag, points: points, line: parser.lineNumber))
    case .annotation, .size, .unknown, nil: break
    }
  }

  private func element(_ name: String) -> Element {
    switch (open.last?.element, name) {
    case (nil, _): .annotation
    case (.annotation, "size"): .size
    case (.size, "width"): .width
    case (.size, "height"): .height
    case (.annotation, "polygon"): .polygon
    case (.polygon, "tag"): .tag
    case (.polygon, "point"): .point
    case (.point, "X"): .x
    case (.point, "Y"): .y
    default: .unknown
    }
  }

  private var holdsText: Bool {
    switch open.last?.element {
    case .width, .height, .tag, .x, .y: true
    default: false
    }
  }

  /// Keeps the first fault and ends the reading.
  private func stop(_ parser: XMLParser, _ problem: String) {
    if fault == nil { fault = Fault(line: parser.lineNumber, problem: problem) }
    parser.abortParsing()
  }

  private func side(_ name: String, _ found: String, _ parser: XMLParser) -> Int? {
    let longest = ScribbleAnnotation.longestSide
    if let value = Int(found), 1...longest ~= value { return value }
    stop(parser, "the <\(name)> is \"\(found.prefix(32))\", a whole number from 1 to \(longest) was expected")
    return nil
  }

  /// A coordinate, decimals cut off: the pixel that holds the point.
  private func coordinate(_ name: String, _ found: String, _ parser: XMLParser) -> Int? {
    // Anything outside is moved to the border later, so far away is as good as farther away.
    let farAway = 1_000_000.0
    if let value = Double(found), value.isFinite { return Int(min(max(value, -farAway), farAway)) }
    stop(parser, "the <\(name)> of a point is \"\(found.prefix(32))\", a number was expected")
    return nil
  }
}
