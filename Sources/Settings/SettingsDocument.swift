import Files
import Foundation
import Yams

/// A YAML text from a stranger, read into nodes in bounded time and memory.
struct SettingsDocument {
  /// Larger files hold no settings.
  static let largestSize = 1 << 20
  /// More keys than this in an override lead nowhere.
  private static let largestDepth = 8

  /// The path of the file, or the override as it was given.
  let source: String
  let isFile: Bool
  /// Nil for a text without content.
  let root: Node?
  /// Where its paths lead; nil where they stay as they are written.
  let paths: SettingPaths?

  init(contentsOf path: String) throws {
    try Self.requireFile(path)
    let data = try InputFile.read(path)
    guard data.count <= Self.largestSize else {
      throw FileError.invalid(
        path, "holds \(data.count) bytes, and settings at most \(Self.largestSize); check that this is the right file")
    }
    guard let text = String(data: data, encoding: .utf8) else { throw Self.notText(data, path) }
    source = path
    paths = .written(in: Path.folder(of: path))
    isFile = true
    root = try Self.node(of: text, source: path, isFile: true)
  }

  /// A text that stands in something else, such as a checkpoint; `source` names it in errors.
  init(yaml: String, source: String) throws(SettingsError) {
    self.source = source
    paths = nil
    isFile = true
    root = try Self.node(of: yaml, source: source, isFile: true)
  }

  /// One override, `section.key=value`; the value is YAML.
  init(override: String) throws(SettingsError) {
    source = "override \(shortened(override))"
    paths = .written(in: nil)
    isFile = false
    guard override.utf8.count <= Self.largestSize else {
      throw SettingsError(source: source, problem: "the value is longer than \(Self.largestSize) bytes")
    }
    let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let keys = parts[0].trimmingCharacters(in: .whitespaces).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, keys.allSatisfy({ !$0.isEmpty }), keys.count <= Self.largestDepth else {
      throw SettingsError(source: source, problem: "an override is written section.key=value, as in training.epochs=3")
    }
    let value = try Self.node(of: String(parts[1]), source: source, isFile: false) ?? Node("", .implicit, .plain)
    root = keys.reversed().reduce(value) { node, key in Node([(Node(String(key), .implicit, .plain), node)]) }
  }

  /// Whether it gives a setting, or a section that the setting is in as a whole.
  func gives(_ section: String, _ key: String) -> Bool { root?.mapping?[section]?.mapping?[key] != nil }

  /// Throws for a folder, with what may have been meant.
  private static func requireFile(_ path: String) throws(FileError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return }
    throw .invalid(
      path, "is a folder, a settings file (YAML) was expected; such a file names the folder of the data as data.root")
  }

  private static func notText(_ data: Data, _ path: String) -> FileError {
    let isImage = [[0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47]].contains { data.starts(with: $0) }
    return .invalid(
      path,
      isImage
        ? "is an image, a settings file (YAML) was expected; blpseg predict labels photographs"
        : "is not UTF-8 text, a settings file (YAML) was expected")
  }

  /// An error about `node`, with its line where it stands in a file.
  func error(_ node: Node?, _ problem: String) -> SettingsError {
    SettingsError(source: source, line: isFile ? node?.mark?.line : nil, problem: problem)
  }

  private static func node(of text: String, source: String, isFile: Bool) throws(SettingsError) -> Node? {
    if let line = lineOfAnchor(in: text) {
      throw SettingsError(
        source: source, line: isFile ? line : nil,
        problem: "settings have no YAML anchors (&name); write the value out where it is used, "
          + "and an & in text as \"\\x26\"")
    }
    if let line = lineOfDeepNesting(in: text) {
      throw SettingsError(
        source: source, line: isFile ? line : nil,
        problem: "more than \(largestNesting) brackets and question marks; settings need few of them")
    }
    do {
      // Without rules, Yams leaves it to us what a plain word means.
      return try Parser(yaml: text, resolver: .basic).singleRoot()
    } catch {
      let (line, problem) = Self.problem(error)
      if let slip = YAMLSlip(text) {
        throw SettingsError(source: source, line: isFile ? slip.line : nil, problem: slip.problem)
      }
      throw SettingsError(source: source, line: isFile ? line : nil, problem: "is not valid YAML: \(problem)")
    }
  }

  /// The first line where an anchor may begin: without anchors there are no aliases, and no text grows when it is read.
  ///
  /// An ampersand inside a word is harmless, and one before a blank is no anchor.
  private static func lineOfAnchor(in text: String) -> Int? {
    let isLetter = { (byte: UInt8) in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    var line = 1
    var before = UInt8(ascii: "\n")
    var isCandidate = false
    for byte in text.utf8 {
      if isCandidate && (isLetter(byte) || byte == UInt8(ascii: "-")) { return line }
      isCandidate = byte == UInt8(ascii: "&") && !isLetter(before)
      if byte == UInt8(ascii: "\n") { line += 1 }
      before = byte
    }
    return nil
  }

  /// Compares keys that are mappings themselves cost time with every level, and only these characters open them.
  private static let largestNesting = 64

  private static func lineOfDeepNesting(in text: String) -> Int? {
    var line = 1
    var count = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\n"): line += 1
      case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "?"): count += 1
      default: break
      }
      if count > largestNesting { return line }
    }
    return nil
  }

  private static func problem(_ error: any Error) -> (line: Int?, text: String) {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      (mark.line, context.map { "\(problem) (\($0.text))" } ?? problem)
    case .reader(let problem, _, _, _): (nil, problem)
    case .duplicatedKeysInMapping(let keys, let context):
      (context.mark.line, "\(keys.map(shortened).joined(separator: ", ")) is given twice")
    default: (nil, "\(error)")
    }
  }
}

/// A common mistake of those new to YAML, found in a text that is not valid.
struct YAMLSlip {
  /// The line in the text, from 1.
  let line: Int
  /// A sentence without its full stop.
  let problem: String

  /// The first slip of a text; nil where there is none that is known.
  init?(_ text: String) {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let indentation = line.prefix { $0 == " " || $0 == "\t" }
      if indentation.contains("\t") {
        self.init(line: index + 1, problem: "a tab stands before the text, and YAML wants blanks there")
        return
      }
      if let (key, value) = Self.withoutBlank(line.dropFirst(indentation.count)) {
        self.init(
          line: index + 1, problem: "a blank is missing after the colon; write \(key): \(shortened(value))")
        return
      }
    }
    return nil
  }

  private init(line: Int, problem: String) { (self.line, self.problem) = (line, problem) }

  /// The parts of a line such as "epochs:3".
  private static func withoutBlank(_ line: Substring) -> (key: String, value: String)? {
    let key = line.prefix { $0.isASCII && ($0.isLetter || $0 == "_") }
    let rest = line.dropFirst(key.count)
    guard !key.isEmpty, key.count <= 40, rest.first == ":", let next = rest.dropFirst().first, !next.isWhitespace,
      next != "/"
    else { return nil }
    return (String(key), String(rest.dropFirst()))
  }
}

/// A setting that cannot be used: where it stands, what was found and what was expected.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file, or the override as it was given.
  public let source: String
  /// The line in the file, from 1; nil for an override.
  public let line: Int?
  /// One sentence without its full stop, which names the setting.
  public let problem: String

  public init(source: String, line: Int? = nil, problem: String) {
    self.source = source
    self.line = line
    self.problem = problem
  }

  public var description: String {
    let position = line.map { "\(source):\($0)" } ?? source
    return "\(position): \(problem)\(problem.hasSuffix("?") ? "" : ".")"
  }
}

/// A text of at most 60 characters on one line, for messages.
package func shortened(_ text: String) -> String {
  let line = String(text.prefix(61).map { $0.isNewline ? " " : $0 })
  return line.count > 60 ? String(line.prefix(57)) + "..." : line
}
