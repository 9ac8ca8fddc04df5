/// Walks through the elements and the text of an XML file in UTF-8.
///
/// It knows what annotation files are made of: elements, attributes (passed over), comments, processing instructions,
/// CDATA and the predefined references. Declarations, through which XML reaches other files and grows without bound,
/// are refused. Foundation's XMLParser is not used because on Linux it ends the process at names that are not UTF-8.
struct XMLScanner {
  enum Event {
    /// An element begins; its name lies at this place. An empty element ends with the next event.
    case start(Range<Int>)
    /// The innermost open element ends.
    case end
    /// Text as it is written, with references not replaced yet.
    case text(Range<Int>)
    /// Text of a CDATA section, to be taken as it is.
    case literal(Range<Int>)
  }

  /// What is wrong with the file at the place that was reached.
  struct Fault: Error {
    let problem: String
    init(_ problem: String) { self.problem = problem }
  }

  let bytes: [UInt8]
  private var place = 0
  /// Places of the names of the elements that are open, the outermost first.
  private var open: [Range<Int>] = []
  private var endsEmptyElement = false
  private var hasRoot = false
  private var countedLines = (place: 0, line: 1)

  private static let deepest = 64

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    if bytes.starts(with: byteOrderMark) { place = byteOrderMark.count }
  }

  /// The line that was reached, counted from 1.
  mutating func line() -> Int {
    countedLines.line += bytes[countedLines.place..<place].count { $0 == UInt8(ascii: "\n") }
    countedLines.place = place
    return countedLines.line
  }

  /// The next event, or nil after a complete root element.
  mutating func next() throws(Fault) -> Event? {
    if endsEmptyElement {
      endsEmptyElement = false
      open.removeLast()
      return .end
    }
    while place < bytes.count {
      if bytes[place] != UInt8(ascii: "<") {
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "<") { place += 1 }
        if !open.isEmpty { return .text(start..<place) }
        guard bytes[start..<place].allSatisfy(XMLScanner.isSpace) else {
          throw Fault("has text outside its root element")
        }
      } else if isNext("<!--") {
        _ = try skip(from: "<!--", past: "-->")
      } else if isNext("<?") {
        _ = try skip(from: "<?", past: "?>")
      } else if isNext("<![CDATA["), !open.isEmpty {
        return .literal(try skip(from: "<![CDATA[", past: "]]>"))
      } else if isNext("<!") {
        throw Fault("holds a declaration (<!), which a scribble file may not; remove it")
      } else if isNext("</") {
        try endTag()
        return .end
      } else {
        return .start(try startTag())
      }
    }
    if let innermost = open.last { throw Fault("ends inside <\(text(innermost).prefix(64))>; it is cut short") }
    guard hasRoot else { throw Fault("holds no element") }
    return nil
  }

  /// The text at a place, with references replaced; bytes that are not UTF-8 become replacement characters.
  func resolved(_ range: Range<Int>) throws(Fault) -> String {
    guard bytes[range].contains(UInt8(ascii: "&")) else { return text(range) }
    var result = ""
    var rest = bytes[range]
    while let ampersand = rest.firstIndex(of: UInt8(ascii: "&")) {
      result += text(rest.startIndex..<ampersand)
      guard let semicolon = rest[ampersand...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
        throw Fault("has a \"&\" that begins no reference; write \"&amp;\"")
      }
      let name = text(ampersand + 1..<semicolon)
      guard let character = XMLScanner.character(named: name) else {
        throw Fault("has an unknown reference \"&\(name);\"")
      }
      result.unicodeScalars.append(character)
      rest = rest[(semicolon + 1)...]
    }
    return result + text(rest.startIndex..<rest.endIndex)
  }

  /// The text at a place as it is written.
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private static func character(named name: String) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.hasPrefix("#") else { return nil }
      let code = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst(1))
      return code.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
    }
  }

  private func isNext(_ word: StaticString) -> Bool {
    word.withUTF8Buffer { bytes[place...].starts(with: $0) }
  }

  /// Moves behind the next `end` and returns what lies between it and `start`, at which it stands.
  private mutating func skip(from start: StaticString, past end: StaticString) throws(Fault) -> Range<Int> {
    let content = place + start.utf8CodeUnitCount
    let begin = place
    place = content
    while place < bytes.count {
      if isNext(end) {
        defer { place += end.utf8CodeUnitCount }
        return content..<place
      }
      place += 1
    }
    place = begin
    throw Fault("has a \(start) without an end; it may be cut short")
  }

  private mutating func startTag() throws(Fault) -> Range<Int> {
    if open.isEmpty && hasRoot { throw Fault("has a second root element") }
    guard open.count < XMLScanner.deepest else {
      throw Fault("has elements inside each other more than \(XMLScanner.deepest) deep")
    }
    let begin = place
    place += 1
    let name = try name()
    while true {
      let hadSpace = skipSpace()
      guard place < bytes.count else { break }
      if bytes[place] == UInt8(ascii: ">") {
        place += 1
        open.append(name)
        hasRoot = true
        return name
      }
      if isNext("/>") {
        place += 2
        open.append(name)
        hasRoot = true
        endsEmptyElement = true
        return name
      }
      guard hadSpace else { throw Fault("has a malformed tag <\(text(name).prefix(64))") }
      try attribute()
    }
    place = begin
    throw Fault("has a tag <\(text(name).prefix(64)) without an end; it may be cut short")
  }

  private mutating func endTag() throws(Fault) {
    let begin = place
    place += 2
    let name = try name()
    _ = skipSpace()
    guard place < bytes.count, bytes[place] == UInt8(ascii: ">") else {
      place = begin
      throw Fault("has a tag </\(text(name).prefix(64)) without an end; it may be cut short")
    }
    place += 1
    guard let expected = open.popLast(), bytes[expected] == bytes[name] else {
      throw Fault("has </\(text(name).prefix(64))> where another element is open; it is not well-formed XML")
    }
  }

  private mutating func name() throws(Fault) -> Range<Int> {
    let start = place
    while place < bytes.count, XMLScanner.isName(bytes[place]) { place += 1 }
    guard start < place else { throw Fault("has a \"<\" that begins no tag; it is not well-formed XML") }
    return start..<place
  }

  /// Passes over NAME = "VALUE".
  private mutating func attribute() throws(Fault) {
    _ = try name()
    _ = skipSpace()
    guard place < bytes.count, bytes[place] == UInt8(ascii: "=") else {
      throw Fault("has an attribute without a value")
    }
    place += 1
    _ = skipSpace()
    let quote = place < bytes.count ? bytes[place] : 0
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
      let end = bytes[(place + 1)...].firstIndex(of: quote)
    else { throw Fault("has an attribute whose value is not between quotes") }
    place = end + 1
  }

  private mutating func skipSpace() -> Bool {
    let start = place
    while place < bytes.count, XMLScanner.isSpace(bytes[place]) { place += 1 }
    return place > start
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
      0x80...0xFF:
      return true
    default: return false
    }
  }
}
