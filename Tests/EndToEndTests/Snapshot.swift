import Files
import Foundation
import TestSupport
import Testing

/// Texts that users read, kept under Tests/EndToEndTests/Snapshots, so that a change shows the new text beside the old one.
///
/// Run the tests with BLPSEG_RENEW_SNAPSHOTS=1 to write them anew, and review the difference as any other.
enum Snapshot {
  private static let isRenewed = ProcessInfo.processInfo.environment["BLPSEG_RENEW_SNAPSHOTS"] != nil
  private static let folder = "\(Fixture.root)/Tests/EndToEndTests/Snapshots"
  private static let lock = NSLock()

  /// Expects `text` to be what the file holds.
  static func expect(_ text: String, is name: String, location: SourceLocation = #_sourceLocation) throws {
    let path = "\(folder)/\(name)"
    if isRenewed { return try OutputFile.write(Data(text.utf8), to: path) }
    expect(text, equals: try InputFile.readIfPresent(path).map { String(decoding: $0, as: UTF8.self) }, name, location)
  }

  /// Expects `text`, without empty lines, to be what the file holds below the heading `== section`.
  static func expect(
    _ text: String, is section: String, of name: String, location: SourceLocation = #_sourceLocation
  ) throws {
    try lock.withLock {
      var sections = try sections(of: name)
      if isRenewed {
        sections[section] = text
        let all = sections.sorted { $0.key < $1.key }.map { "== \($0.key)\n\($0.value)\n" }
        return try OutputFile.write(Data(all.joined(separator: "\n").utf8), to: "\(folder)/\(name)")
      }
      expect(text, equals: sections[section], "\(name), \(section)", location)
    }
  }

  /// The texts of a file by their headings.
  static func sections(of name: String) throws -> [String: String] {
    guard let data = try InputFile.readIfPresent("\(folder)/\(name)") else { return [:] }
    let blocks = String(decoding: data, as: UTF8.self).components(separatedBy: "\n\n")
    let sections = blocks.map { block in
      let lines = block.split(separator: "\n")
      return (String(lines[0].dropFirst(3)), lines.dropFirst().joined(separator: "\n"))
    }
    return Dictionary(sections) { first, _ in first }
  }

  private static func expect(_ text: String, equals known: String?, _ name: String, _ location: SourceLocation) {
    #expect(
      text == known, "\(name) is otherwise; if that is meant, write it anew with BLPSEG_RENEW_SNAPSHOTS=1",
      sourceLocation: location)
  }
}
