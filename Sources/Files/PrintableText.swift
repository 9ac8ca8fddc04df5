import Foundation

extension StringProtocol {
  /// The text as one line without anything that a terminal could interpret: names in files are untrusted.
  ///
  /// Control characters, line breaks among them, and characters that change the direction of writing become question
  /// marks.
  public var printable: String {
    var result = String.UnicodeScalarView()
    result.append(contentsOf: unicodeScalars.lazy.map { $0.isObeyed ? "?" : $0 })
    return String(result)
  }

  /// The same for each line of the text.
  public var printableLines: String {
    // By scalars, since a carriage return before a line feed makes one character of both.
    String(self).unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0).printable }.joined(separator: "\n")
  }
}

extension Unicode.Scalar {
  /// Whether terminals interpret it instead of showing it: control characters, separators of lines and paragraphs, and
  /// what embeds, overrides or isolates a direction of writing.
  var isObeyed: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

/// A value as the JSON of our files: indented, keys sorted, a line break at the end.
///
/// Control characters in strings are escaped, so that a terminal can show the file.
public func indentedJSON(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  var text = ""
  for scalar in String(decoding: try encoder.encode(value), as: UTF8.self).unicodeScalars {
    // The encoder escapes those below U+0020, and its own line breaks stand outside of strings.
    if scalar.value >= 0x20 && scalar.isObeyed {
      let digits = String(scalar.value, radix: 16)
      text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    } else {
      text.unicodeScalars.append(scalar)
    }
  }
  return Data((text + "\n").utf8)
}
