import CExpat
import Foundation

/// Receives the parts of an XML file in their order, as expat finds them.
protocol XMLEventHandler: AnyObject {
  func elementStarted(_ name: String, attributes: Int, _ parsing: XMLParsing)
  func elementEnded(_ parsing: XMLParsing)
  /// A part of the text of the innermost element.
  func textFound(_ text: UnsafeRawBufferPointer, _ parsing: XMLParsing)
  /// A document type, which is where entities would be declared.
  func documentTypeFound(_ parsing: XMLParsing)
}

/// A file that is being parsed.
final class XMLParsing {
  enum End {
    case complete
    /// A handler has stopped it.
    case stopped
    case failed(XML_Error)
  }

  private let parser: XML_Parser
  private let handler: any XMLEventHandler
  private var isStopped = false

  /// Nil where there is no memory.
  init?(_ handler: any XMLEventHandler) {
    guard let parser = XML_ParserCreate(nil) else { return nil }
    (self.parser, self.handler) = (parser, handler)
  }

  deinit { XML_ParserFree(parser) }

  /// The line at which the parser is, counted from 1.
  var line: Int { max(1, Int(clamping: XML_GetCurrentLineNumber(parser))) }

  /// Ends the parsing; no further event comes.
  func stop() {
    isStopped = true
    XML_StopParser(parser, 0)
  }

  /// Parses a whole file of at most `Int32.max` bytes.
  func run(_ xml: Data) -> End {
    // This object outlives the parser, and the parser calls from inside this function alone.
    XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    XML_SetElementHandler(
      parser,
      { user, name, attributes in
        guard let name else { return }
        XMLParsing.forward(user) { handler, parsing in
          handler.elementStarted(String(cString: name), attributes: XMLParsing.count(attributes), parsing)
        }
      },
      { user, _ in XMLParsing.forward(user) { $0.elementEnded($1) } })
    XML_SetCharacterDataHandler(parser) { user, text, count in
      XMLParsing.forward(user) { $0.textFound(UnsafeRawBufferPointer(start: text, count: Int(count)), $1) }
    }
    XML_SetStartDoctypeDeclHandler(parser) { user, _, _, _, _ in
      XMLParsing.forward(user) { $0.documentTypeFound($1) }
    }
    let status = xml.withUnsafeBytes { bytes in
      XML_Parse(parser, bytes.bindMemory(to: CChar.self).baseAddress, Int32(clamping: bytes.count), 1)
    }
    if isStopped { return .stopped }
    return status == XML_STATUS_OK ? .complete : .failed(XML_GetErrorCode(parser))
  }

  private static func forward(_ user: UnsafeMutableRawPointer?, _ body: (any XMLEventHandler, XMLParsing) -> Void) {
    guard let user else { return }
    let parsing = Unmanaged<XMLParsing>.fromOpaque(user).takeUnretainedValue()
    // An empty element ends although its start has stopped the parser.
    if !parsing.isStopped { body(parsing.handler, parsing) }
  }

  /// Number of attributes in expat's list of names and values, which ends with null.
  private static func count(_ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> Int {
    guard let attributes else { return 0 }
    var count = 0
    while attributes[2 * count] != nil { count += 1 }
    return count
  }
}
