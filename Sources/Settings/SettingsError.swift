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
