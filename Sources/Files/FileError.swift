import Foundation

/// A file that could not be read or written: what was found, what was expected and, where there is one, a remedy.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Sendable {
    /// Nothing exists at the path.
    case missing
    /// The operating system refused to read or write.
    case inaccessible
    /// The file was read, and its contents are not what its format or its use asks for.
    case invalid
  }

  public let path: String
  public let reason: Reason
  /// What was found and what was expected, without the path and without a full stop.
  public let problem: String

  public init(_ path: String, _ reason: Reason, _ problem: String) {
    self.path = path
    self.reason = reason
    self.problem = problem
  }

  public static func invalid(_ path: String, _ problem: String) -> FileError { FileError(path, .invalid, problem) }

  /// One line that a terminal can show, whatever the path is.
  public var description: String { "\(path): \(problem).".printable }
}

/// A file that is used although something about it is unusual: what was found and, where there is one, a remedy.
///
/// Readers return warnings beside their result; a `FileError` is thrown where there is no result.
public struct FileWarning: Equatable, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  /// What was found, without the path and without a full stop.
  public let problem: String

  public init(_ path: String, _ problem: String) {
    self.path = path
    self.problem = problem
  }

  /// One line that a terminal can show, whatever the path is.
  public var description: String { "\(path): \(problem).".printable }
}

extension FileError {
  /// The same error; for a missing file also with the absolute path and the contents that were expected.
  package func expecting(_ contents: String) -> FileError {
    guard reason == .missing else { return self }
    let whole = URL(fileURLWithPath: path).standardizedFileURL.path
    let location = whole == path ? "" : " at \(whole)"
    return FileError(path, .missing, "\(problem)\(location); \(contents) was expected there")
  }
}

extension StringProtocol {
  /// The text as one line without anything that a terminal could interpret: names in files are untrusted.
  ///
  /// Control characters, line breaks among them, and characters that change the direction of writing become question
  /// marks.
  package var printable: String {
    var result = String.UnicodeScalarView()
    result.append(contentsOf: unicodeScalars.lazy.map { $0.isObeyed ? "?" : $0 })
    return String(result)
  }

  /// The same for each line of the text.
  package var printableLines: String {
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

/// The name that was probably meant by `name`: the one at the smallest edit distance, if at most a third of its letters
/// are wrong. Upper and lower case are alike.
package func nearest(to name: String, among names: [String]) -> String? {
  // Keys and tags of a hostile file may be as long as the file.
  guard name.count <= 100 else { return nil }
  let word = Array(name.lowercased())
  let candidates = names.map { (name: $0, distance: editDistance(word, Array($0.lowercased()))) }
  guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance <= max(1, best.name.count / 3) ? best.name : nil
}

/// Number of letters to insert, delete, replace or swap with their neighbour to turn one word into the other.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var before: [Int] = []
  var row = Array(0...b.count)
  for i in a.indices {
    var next = [i + 1]
    for j in b.indices {
      var distance = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
      if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { distance = min(distance, before[j - 1] + 1) }
      next.append(distance)
    }
    (before, row) = (row, next)
  }
  return row[b.count]
}

extension [String] {
  /// The words as a choice: "a", "a or b", "a, b or c".
  package var alternatives: String {
    let last = suffix(1).joined()
    return count > 1 ? "\(dropLast().joined(separator: ", ")) or \(last)" : last
  }
}
