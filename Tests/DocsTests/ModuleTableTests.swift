import Foundation
import TestSupport
import Testing

@Suite struct ModuleTableTests {
  @Test("the table of modules names all modules in Sources, with the imports that Package.swift declares")
  func table() throws {
    let declared = try PackageDescription.load().modules
    let documented = try documentedModules()
    for name in Set(documented.keys).subtracting(declared.keys).sorted() {
      Issue.record("Docs/Architecture.md: \(name) is not a module in Sources")
    }
    for (name, imports) in declared.sorted(by: { $0.key < $1.key }) {
      let row = documented[name]?.sorted().joined(separator: ", ")
      let expected = imports.sorted().joined(separator: ", ")
      #expect(row == expected, "Docs/Architecture.md: the row of \(name) has other imports than Package.swift")
    }
  }

  /// The imports of each module by the table, whose rows are `| name | holds | imports |`.
  private func documentedModules() throws -> [String: Set<String>] {
    let lines = try Document("Docs/Architecture.md").lines.map(\.text)
    let start = try #require(lines.firstIndex(of: "| module | holds | imports |"))
    let rows = lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { row in
      row.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let modules = try rows.map { cells in
      try #require(cells.count == 5, "\(cells)")
      return (cells[1], Set(cells[3].components(separatedBy: ", ").filter { !$0.isEmpty }))
    }
    return try Dictionary(modules) { _, _ in throw Repeated() }
  }

  private struct Repeated: Error {}
}

/// What `swift package dump-package` prints, as far as tests need it.
private struct PackageDescription: Decodable {
  struct Target: Decodable {
    let name: String
    let type: String
    /// Nil for the default folders.
    let path: String?
    let dependencies: [Dependency]
  }

  /// A module or a product by its name.
  struct Dependency: Decodable {
    let name: String

    init(from decoder: any Decoder) throws {
      let kinds = try decoder.singleValueContainer().decode([String: [Field]].self)
      let first = kinds.values.first?.first
      guard case .text(let name)? = first else {
        throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no name"))
      }
      self.name = name
    }
  }

  /// A field of a dependency: its name, its package, or a condition.
  enum Field: Decodable {
    case text(String)
    case other

    init(from decoder: any Decoder) throws {
      self = (try? decoder.singleValueContainer().decode(String.self)).map { .text($0) } ?? .other
    }
  }

  let targets: [Target]

  /// The modules in Sources, each with its direct imports.
  var modules: [String: Set<String>] {
    let sources = targets.filter { $0.type != "test" && $0.path == nil }
    return Dictionary(uniqueKeysWithValues: sources.map { ($0.name, Set($0.dependencies.map(\.name))) })
  }

  static func load() throws -> PackageDescription {
    let scratch = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // A scratch folder of its own, since the one of these tests is locked while they run.
    process.arguments = ["swift", "package", "--scratch-path", scratch.path, "dump-package"]
    process.currentDirectoryURL = URL(fileURLWithPath: Fixture.root)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return try JSONDecoder().decode(PackageDescription.self, from: data)
  }
}
