import Checkpoints
import Tensors

/// A part of a training's state beside the network: kept in checkpoints, restored from them.
public protocol Checkpointed: AnyObject {
  /// Adds its tensors, whose names begin with one of `TrainingCheckpoint.extraPrefixes`: those of a new part with
  /// `training.` and a name of its own.
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

  private let generator: Generator

  init(_ generator: Generator) { self.generator = generator }

  func save(to state: inout StateDict) throws { state[Self.name] = try generator.state() }

  func restore(from state: StateDict) throws {
    if let kept = state[Self.name] { try generator.restore(kept.to(.cpu)) }
  }
}
