import CExpat
import Foundation

/// Collects the strokes of an XML file; unknown elements are skipped with their contents.
final class ScribbleSupXMLReader: XMLEventHandler {
  /// Why a file cannot be read, and at which line.
  struct Fault {
    let line: Int
    let problem: String
  }

  private(set) var width: Int?
  private(set) var height: Int?
  private(set) var marks: [Mark] = []
  /// Whether objects of VOC's own annotations, with the corners of their boxes, have been passed over.
  private(set) var hasBoundingBoxes = false

  private enum Element { case annotation, size, width, height, polygon, tag, point, x, y, object, unknown }

  // Files drawn by hand or written by programs stay far below all of these limits.
  private static let deepest = 64
  static let mostElements = 4_000_000
  private static let mostAttributes = 64
  /// Bytes of the text of one element.
  static let longestText = 1024
  /// Names are cut to this in messages.
  private static let longestName = 64

  private var open: [(element: Element, name: String)] = []
  private var elementCount = 0
  private var fault: Fault?
  private var text: [UInt8] = []
  private var tag: String?
  private var points: [Mark.Point] = []
  private var x: Int?
  private var y: Int?

  /// Reads a whole file; returns its first fault, or nil.
  func read(_ xml: Data) -> Fault? {
    guard let parsing = XMLParsing(self) else { return Fault(line: 1, problem: "there is no memory to read it") }
    switch parsing.run(xml) {
    case .complete: return nil
    case .stopped: return fault
    case .failed(let error): return Fault(line: parsing.line, problem: problem(error, xml))
    }
  }

  private func problem(_ error: XML_Error, _ xml: Data) -> String {
    switch error {
    case XML_ERROR_UNKNOWN_ENCODING, XML_ERROR_INCORRECT_ENCODING:
      return "is in an encoding that is not read, or not in the one that it names; save it in UTF-8"
    case XML_ERROR_NO_MEMORY: return "there is no memory to read it"
    case XML_ERROR_UNDEFINED_ENTITY:
      return "names an entity (&name;) other than the five of XML; write the character itself"
    default:
      let element = open.last.map { " inside <\($0.name)>" } ?? ""
      return "is not well-formed XML\(element); it may be cut short"
    }
  }

  func elementStarted(_ name: String, attributes: Int, _ parsing: XMLParsing) {
    guard open.count < Self.deepest else {
      return stop(parsing, "has elements inside each other more than \(Self.deepest) deep")
    }
    elementCount += 1
    guard elementCount <= Self.mostElements else {
      return stop(parsing, "has more than \(Self.mostElements) elements, which no hand draws")
    }
    let shortName = String(name.prefix(Self.longestName))
    guard attributes <= Self.mostAttributes else {
      return stop(parsing, "<\(shortName)> has \(attributes) attributes, at most \(Self.mostAttributes) are possible")
    }
    if open.isEmpty && name != "annotation" {
      return stop(parsing, "the root element is <\(shortName)>, <annotation> was expected")
    }
    let element = element(name)
    switch element {
    case .polygon: (tag, points) = (nil, [])
    case .point: (x, y) = (nil, nil)
    default: break
    }
    if open.last?.element == .object && name == "bndbox" { hasBoundingBoxes = true }
    open.append((element, shortName))
    text = []
  }

  func textFound(_ found: UnsafeRawBufferPointer, _ parsing: XMLParsing) {
    guard holdsText else { return }
    guard text.count + found.count <= Self.longestText else {
      return stop(parsing, "<\(open.last?.name ?? "")> holds more than \(Self.longestText) bytes of text")
    }
    text += found
  }

  func documentTypeFound(_ parsing: XMLParsing) {
    stop(parsing, "holds a declaration (<!DOCTYPE), which a scribble file may not; remove it")
  }

  func elementEnded(_ parsing: XMLParsing) {
    let found = String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    switch open.popLast()?.element {
    case .width: width = side("width", found, parsing)
    case .height: height = side("height", found, parsing)
    case .tag: tag = found
    case .x: x = coordinate("X", found, parsing)
    case .y: y = coordinate("Y", found, parsing)
    case .point:
      guard let x, let y else { return stop(parsing, "a <point> has no \(x == nil ? "<X>" : "<Y>")") }
      points.append(Mark.Point(x: x, y: y))
    case .polygon:
      guard let tag, !tag.isEmpty else { return stop(parsing, "a <polygon> has no <tag>, so its class is unknown") }
      // A click leaves a single point.
      let shape = points.count == 1 ? Mark.Shape.dot(points[0], radius: 0) : .line(points, width: 1)
      marks.append(Mark(tag, shape, line: parsing.line))
    case .annotation, .size, .object, .unknown, nil: break
    }
  }

  private func element(_ name: String) -> Element {
    switch (open.last?.element, name) {
    case (nil, _): .annotation
    case (.annotation, "size"): .size
    case (.size, "width"): .width
    case (.size, "height"): .height
    case (.annotation, "polygon"): .polygon
    case (.annotation, "object"): .object
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

  /// Keeps the fault and ends the reading.
  private func stop(_ parsing: XMLParsing, _ problem: String) {
    fault = Fault(line: parsing.line, problem: problem)
    parsing.stop()
  }

  private func side(_ name: String, _ found: String, _ parsing: XMLParsing) -> Int? {
    let longest = ScribbleSupXML.longestSide
    if let value = Int(found), 1...longest ~= value { return value }
    stop(parsing, "the <\(name)> is \"\(found.prefix(32))\", a whole number from 1 to \(longest) was expected")
    return nil
  }

  /// A coordinate, decimals cut off: the pixel that holds the point.
  private func coordinate(_ name: String, _ found: String, _ parsing: XMLParsing) -> Int? {
    let farthest = Double(Mark.Point.farthest)
    if let value = Double(found), value.isFinite { return Int(min(max(value, -farthest), farthest)) }
    stop(parsing, "the <\(name)> of a point is \"\(found.prefix(32))\", a number was expected")
    return nil
  }
}
