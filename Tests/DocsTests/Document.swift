import Files
import Foundation
import TestSupport

/// A page in Markdown of this repository.
struct Document: Sendable {
  /// Relative to the checkout.
  let path: String
  let text: String

  /// Line numbers count from 1.
  var lines: [(number: Int, text: Substring)] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ($0.offset + 1, $0.element) }
  }

  init(_ path: String) throws {
    self.path = path
    text = try InputFile.text("\(Fixture.root)/\(path)")
  }

  /// Every page.
  static let all = Result {
    try ["", "Configs/", "Demo/", "Docs/", "Tests/Goldens/"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: "\(Fixture.root)/\(folder)")
        .filter { $0.hasSuffix(".md") }.sorted().map { try Document(folder + $0) }
    }
  }
}

/// A command line that a page shows.
struct DocumentedCommand {
  /// What follows the program's name.
  let arguments: [String]
  /// Line of the page.
  let line: Int

  /// All of a page, in its blocks of code and between backquotes, in their order.
  static func all(in document: Document) -> [DocumentedCommand] {
    var commands: [DocumentedCommand] = []
    var isFenced = false
    // Lines of code that end with a backslash.
    var start = ""
    for (number, line) in document.lines {
      if line.hasPrefix("```") { isFenced.toggle() }
      guard isFenced || line.hasPrefix("    ") else {
        for match in line.matches(of: /`(blpseg [^`]+)`/) { add(String(match.output.1), number) }
        continue
      }
      if line.hasSuffix("\\") {
        start += line.dropLast()
      } else {
        add(start + line, number)
        start = ""
      }
    }
    func add(_ command: String, _ line: Int) {
      if let arguments = arguments(of: command) { commands.append(.init(arguments: arguments, line: line)) }
    }
    return commands
  }

  /// The arguments that a shell command gives to blpseg, itself or in a script that it quotes; nil where it calls no blpseg.
  static func arguments(of command: String) -> [String]? {
    let words = words(of: command)
    for (index, word) in words.enumerated() {
      if ["blpseg", ".build/release/blpseg"].contains(word) {
        return Array(words[(index + 1)...].prefix { !["|", ">", "<", ";", "&&", "||"].contains($0) })
      }
      if word.contains("blpseg "), let inner = arguments(of: word) { return inner }
    }
    return nil
  }

  /// The words of a shell command without its comment. Quotes are removed; nothing is expanded.
  private static func words(of command: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in command {
      if character == quote {
        quote = nil
      } else if quote != nil {
        word?.append(character)
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        word.map { words.append($0) }
        word = nil
      } else if character == "#" && word == nil {
        return words
      } else {
        word = (word ?? "") + String(character)
      }
    }
    return words + (word.map { [$0] } ?? [])
  }
}
