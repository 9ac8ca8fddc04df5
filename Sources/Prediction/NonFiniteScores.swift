/// Scores of a photograph that are infinite or not a number, which have no most probable class.
public struct NonFiniteScores: Error, Equatable, Sendable, CustomStringConvertible {
  /// The photograph's name, where it is known.
  public let photograph: String?

  public init(of photograph: String? = nil) { self.photograph = photograph }

  public var description: String {
    "The network's scores\(photograph.map { " for photograph \($0)" } ?? "") are not finite: its weights or running "
      + "statistics are too large, or not numbers."
  }
}
