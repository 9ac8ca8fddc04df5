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
