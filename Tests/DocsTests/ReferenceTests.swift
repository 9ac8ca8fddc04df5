import Experiments
import Files
import Foundation
import TestSupport
import Testing

@Suite("What documents refer to exists") struct ReferenceTests {
  @Test("every relative link leads to a file, and to a heading where it names one") func links() throws {
    for document in try Document.all.get() {
      for (number, line) in document.lines {
        for match in line.matches(of: /\]\(([^)\s]+)\)/) where !match.output.1.contains(/^[a-z]+:/) {
          let parts = match.output.1.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
          let path = parts[0].isEmpty ? document.path : Path.joined(Path.folder(of: document.path), parts[0])
          let exists = FileManager.default.fileExists(atPath: "\(Fixture.root)/\(path)")
          #expect(exists, "\(document.path):\(number): \(parts[0]) does not exist")
          guard exists, parts.count > 1 else { continue }
          let hasHeading = try Document(path).lines.contains { anchor(ofHeading: $0.text) == parts[1] }
          #expect(hasHeading, "\(document.path):\(number): \(path) has no heading #\(parts[1])")
        }
      }
    }
  }

  /// The name by which links point to a heading; nil for other lines.
  private func anchor(ofHeading line: Substring) -> String? {
    guard let title = line.wholeMatch(of: /#+ (.+)/)?.output.1 else { return nil }
    return String(
      title.lowercased().compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : nil })
  }

  @Test("every test that Parity names exists") func parity() throws {
    let tests = try TestSources()
    for (number, line) in try Document("Docs/Parity.md").lines {
      for match in line.matches(of: /\b([A-Z]\w*Tests)(?:\/(\w+))?/) {
        let (whole, first, second) = match.output
        #expect(tests.contain(String(first), second.map(String.init)), "Docs/Parity.md:\(number): no test \(whole)")
      }
    }
  }

  @Test("the newest version of the changelog is the program's") func version() throws {
    let versions = try Document("CHANGELOG.md").text.matches(of: /\n## ([0-9]+\.[0-9]+\.[0-9]+)/).map { $0.output.1 }
    #expect(versions.first.map(String.init) == Software.version)
  }
}

/// The sources of all tests by their targets.
private struct TestSources {
  private let targets: [String: [String]]

  init() throws {
    let root = "\(Fixture.root)/Tests"
    let folders = try FileManager.default.contentsOfDirectory(atPath: root).filter { $0.hasSuffix("Tests") }
    targets = try Dictionary(
      uniqueKeysWithValues: folders.map { folder in
        let files = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")
        let sources = files.filter { $0.hasSuffix(".swift") }
        return (folder, try sources.map { try InputFile.text("\(root)/\(folder)/\($0)") })
      })
  }

  /// Whether there is a target, a suite, a suite of a target, or a test of a suite of these names.
  func contain(_ first: String, _ second: String?) -> Bool {
    if let sources = targets[first] { return second.map { declares(sources, suite: $0) } ?? true }
    let sources = targets.values.joined().filter { declares([$0], suite: first) }
    return second.map { test in sources.contains { $0.contains("func \(test)(") } } ?? !sources.isEmpty
  }

  private func declares(_ sources: [String], suite: String) -> Bool {
    sources.contains { source in
      ["struct", "class"].contains { source.firstRange(of: try! Regex("\\b\($0) \(suite)\\b")) != nil }
    }
  }
}
