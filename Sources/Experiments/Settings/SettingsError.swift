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
    let place = line.map { "\(source):\($0)" } ?? source
    return "\(place): \(problem)\(problem.hasSuffix("?") ? "" : ".")"
  }
}
