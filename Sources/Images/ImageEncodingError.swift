/// An image that its format or the memory cannot hold.
public struct ImageEncodingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What went wrong, without a full stop.
  public let problem: String

  init(_ problem: String) { self.problem = problem }

  public var description: String { "the image cannot be encoded: \(problem)." }
}
