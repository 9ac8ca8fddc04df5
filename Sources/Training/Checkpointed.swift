import Checkpoints
import Tensors

/// A part of a training's state beside the network: kept in checkpoints, restored from them.
public protocol Checkpointed: AnyObject {
  /// The beginning of all its names in checkpoints: one of `TrainingCheckpoint.extraPrefixes`, for a new part
  /// `training.` with a name of its own.
  var prefix: String { get }

  /// Adds its tensors, whose names begin with `prefix`.
  func save(to state: inout StateDict) throws

  /// Continues from what `save` kept. Throws where the tensors do not fit.
  func restore(from state: StateDict) throws

  /// Called after each update of the network's weights.
  func weightsDidChange() throws
}

extension Checkpointed {
  public func weightsDidChange() throws {}
}

/// Why a checkpoint cannot continue this run; the file's path is added where it is read.
public struct CheckpointMismatch: Error, Equatable, Sendable, CustomStringConvertible {
  public let problem: String

  public var description: String { "the checkpoint \(problem)" }
}

/// The state of a generator of random numbers.
final class GeneratorState: Checkpointed {
  static let name = "generator.state"

  let prefix = "generator."
  private let generator: Generator

  init(_ generator: Generator) { self.generator = generator }

  func save(to state: inout StateDict) throws { state[Self.name] = try generator.state() }

  func restore(from state: StateDict) throws {
    if let kept = state[Self.name] { try generator.restore(kept.to(.cpu)) }
  }
}
