import Files
import Foundation
import Tensors

/// A parser of just the JSON that a safetensors header consists of: strings, sizes, and the objects that contain them.
///
/// It keeps the order of the names and refuses repeated ones, and does not recurse, so that no input can exhaust the
/// stack.
struct SafetensorsJSON {
  private let path: String
  private let bytes: [UInt8]
  private var index = 0

  init(_ data: Data, path: String) {
    self.path = path
    bytes = Array(data)
  }

  mutating func header() throws(FileError) -> SafetensorsHeader {
    var header = SafetensorsHeader()
    var seen: Set<String> = []
    // The format requires the brace first: white space before it is not padding.
    guard bytes.first == UInt8(ascii: "{") else { throw problem("an opening brace") }
    try object { (json, key) throws(FileError) in
      guard seen.insert(key).inserted else { throw .invalid(json.path, "names the tensor \(key.quoted) twice") }
      if key == SafetensorsHeader.metadataKey {
        header.metadata = try json.metadata()
      } else {
        header.entries.append(try json.entry(key))
      }
    }
    skipSpace()
    guard index == bytes.count else { throw problem("nothing more") }
    return header
  }

  /// The members of an object of strings.
  static func strings(_ data: Data, path: String) throws(FileError) -> [String: String] {
    var json = SafetensorsJSON(data, path: path)
    return try json.metadata()
  }

  private mutating func metadata() throws(FileError) -> [String: String] {
    var metadata: [String: String] = [:]
    try object { (json, key) throws(FileError) in
      guard metadata.updateValue(try json.string(), forKey: key) == nil else {
        throw .invalid(json.path, "names the metadata \(key.quoted) twice")
      }
    }
    return metadata
  }

  private mutating func entry(_ name: String) throws(FileError) -> SafetensorsHeader.Entry {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    try object { (json, key) throws(FileError) in
      switch key {
      case "dtype" where dtype == nil: dtype = try json.string()
      case "shape" where shape == nil: shape = try json.sizes()
      case "data_offsets" where offsets == nil: offsets = try json.sizes()
      default:
        throw .invalid(
          json.path, "says \(key.quoted) of tensor \(name.quoted); expected dtype, shape and data_offsets, each once")
      }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw .invalid(path, "does not give tensor \(name.quoted) a dtype, a shape and two data_offsets in order")
    }
    guard let type = SafetensorsHeader.names.first(where: { $0.name == dtype })?.type else {
      let known = SafetensorsHeader.names.map(\.name).joined(separator: ", ")
      throw .invalid(path, "has tensor \(name.quoted) of element type \(dtype.quoted); those read here are \(known)")
    }
    guard let count = Shape.elementCount(shape, type), count * type.byteCount == offsets[1] - offsets[0] else {
      throw .invalid(
        path, "gives tensor \(name.quoted) \(offsets[1] - offsets[0]) bytes, which is not what \(dtype) \(shape) takes")
    }
    return .init(
      description: TensorDescription(name: name, shape: shape, type: type), range: offsets[0]..<offsets[1])
  }

  /// An object; `member` is called after each key and reads its value.
  private mutating func object(
    _ member: (inout SafetensorsJSON, String) throws(FileError) -> Void
  ) throws(FileError) {
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while accept(",")
    try expect("}")
  }

  /// An array of non-negative integers.
  private mutating func sizes() throws(FileError) -> [Int] {
    var sizes: [Int] = []
    try expect("[")
    if accept("]") { return sizes }
    repeat { sizes.append(try size()) } while accept(",")
    try expect("]")
    return sizes
  }

  private mutating func size() throws(FileError) -> Int {
    skipSpace()
    let digits = bytes[index...].prefix(20).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let value = Int(String(decoding: digits, as: UTF8.self)),
      digits.count == 1 || digits.first != UInt8(ascii: "0")
    else { throw problem("a whole number") }
    index += digits.count
    return value
  }

  private mutating func string() throws(FileError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while index < bytes.count, bytes[index] >= 0x20 {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(bytes: text, encoding: .utf8) else { throw problem("text in UTF-8") }
        return string
      case UInt8(ascii: "\\"): text.append(contentsOf: try escape())
      default: text.append(byte)
      }
    }
    throw problem("the end of a string")
  }

  /// The UTF-8 of what follows a backslash.
  private mutating func escape() throws(FileError) -> [UInt8] {
    guard index < bytes.count else { throw problem("an escape") }
    index += 1
    switch bytes[index - 1] {
    case UInt8(ascii: "\""): return [0x22]
    case UInt8(ascii: "\\"): return [0x5C]
    case UInt8(ascii: "/"): return [0x2F]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]), bytes[index...].starts(with: [0x5C, UInt8(ascii: "u")]) {
        index += 2
        units.append(try codeUnit())
      }
      var text: [UInt8] = []
      guard
        !transcode(
          units.makeIterator(), from: UTF16.self, to: UTF8.self, stoppingOnError: true, into: { text.append($0) })
      else { throw problem("a character") }
      return text
    default: throw problem("an escape")
    }
  }

  private mutating func codeUnit() throws(FileError) -> UInt16 {
    let digits = bytes[index...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw problem("four hexadecimal digits") }
    index += 4
    return unit
  }

  private mutating func skipSpace() {
    while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(FileError) {
    guard accept(character) else { throw problem("'\(character)'") }
  }

  private func problem(_ expected: String) -> FileError {
    .invalid(path, "is no safetensors file: byte \(8 + index), in its JSON header, is not \(expected)")
  }

  /// `text` as a JSON string.
  static func encoded(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": json += "\\\""
      case "\\": json += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: json.unicodeScalars.append(scalar)
      }
    }
    return json + "\""
  }
}
