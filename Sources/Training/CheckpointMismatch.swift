/// Why a checkpoint cannot continue this run; the file's path is added where it is read.
public struct CheckpointMismatch: Error, Equatable, Sendable, CustomStringConvertible {
  public let problem: String

  public var description: String { "the checkpoint \(problem)" }
}
