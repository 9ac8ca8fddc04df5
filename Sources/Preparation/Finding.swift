import Files

/// One thing that a check found: about a file, a folder or a setting, in a sentence with the way out.
public struct Finding: Sendable, Equatable, Hashable {
  public enum Kind: Sendable {
    /// The experiment cannot run, or would learn nothing.
    case problem
    /// It can run, and probably not as it was meant; the sentence asks what was meant.
    case doubt
    /// Worth knowing.
    case remark
  }

  /// Where a problem lies, which decides how a program exits.
  public enum Cause: Sendable {
    /// A file or folder that is not there.
    case missingFile
    /// A setting that cannot be used.
    case setting
    /// What files hold.
    case contents
  }

  public let kind: Kind
  public let cause: Cause
  /// The path or setting that it is about.
  public let subject: String
  /// A sentence whose subject is the path or setting, without its full stop.
  public let sentence: String

  public init(_ kind: Kind, _ subject: String, _ sentence: String, cause: Cause = .contents) {
    (self.kind, self.cause, self.subject, self.sentence) = (kind, cause, subject, sentence)
  }

  /// A file that cannot be used.
  public init(_ error: FileError) {
    self.init(
      .problem, error.path, error.problem, cause: error.reason == .missing ? .missingFile : .contents)
  }

  /// A file that is used although something is odd.
  public init(_ warning: FileWarning, as kind: Kind = .remark) { self.init(kind, warning.path, warning.problem) }
}

extension Finding: CustomStringConvertible {
  public var description: String { "\(subject): \(sentence)\(sentence.hasSuffix("?") ? "" : ".")" }
}
