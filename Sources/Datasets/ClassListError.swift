/// Names that make no list of classes: too few, too many, empty or repeated.
public struct ClassListError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, without a full stop.
  public let problem: String

  public init(_ problem: String) { self.problem = problem }

  public var description: String { "The class list: \(problem)." }
}
