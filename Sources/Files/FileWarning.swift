/// A file that is used although something about it is odd: what was found and, where there is one, the way out.
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
