import Foundation

/// A value as the JSON of our files: indented, keys sorted, a line break at the end.
///
/// Strings in it are escaped such that a terminal which shows the file obeys nothing in them.
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
