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
