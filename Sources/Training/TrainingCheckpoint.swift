import Checkpoints
import Files
import Foundation
import Layers
import Processes
import Tensors

/// The state that a run continues from: the weights, the step's `Checkpointed` parts, and the progress.
///
/// A safetensors file. The weights have their own names, so that the file serves as weights too; the names of all other
/// tensors begin with one of `extraPrefixes`.
package enum TrainingCheckpoint {
  /// Beginnings of the names of tensors that are not the network's; `training.` is for parts to come.
  package static let extraPrefixes = ["optimizer.", "scaler.", "generator.", "training."]

  private static let progressKey = "progress"

  /// Whether a name in a file is the training's and not the network's.
  package static func isExtra(_ name: String) -> Bool { extraPrefixes.contains { name.hasPrefix($0) } }

  /// Writes the file whole or not at all. `metadata` is kept beside the progress.
  static func save(
    _ step: TrainingStep, _ progress: TrainingProgress, metadata: [String: String], to path: String
  ) throws {
    try write(state(of: step, progress, metadata: metadata), progress, to: path)
  }

  static func state(
    of step: TrainingStep, _ progress: TrainingProgress, metadata: [String: String]
  ) throws -> StateDict {
    var state = weights(of: step.predicting.store, progress, metadata: metadata)
    for part in step.parts { try part.save(to: &state) }
    return state
  }

  /// Writes the weights alone.
  package static func saveWeights(
    of store: ParameterStore, _ progress: TrainingProgress, metadata: [String: String], to path: String
  ) throws {
    try write(weights(of: store, progress, metadata: metadata), progress, to: path)
  }

  /// Writes a state that a run can go on from; any other is an error, and what stood at `path` stays.
  private static func write(_ state: StateDict, _ progress: TrainingProgress, to path: String) throws {
    if let fault = try NonFiniteTensors(state) {
      let kept = FileManager.default.fileExists(atPath: path) ? "the file stays as it was" : "nothing is written"
      throw FileError.invalid(
        path,
        "cannot take the state after step \(progress.iteration): \(fault), and \(kept); lower training.learning_rate"
          + " or choose another training.precision")
    }
    try Safetensors.write(state, to: path)
  }

  /// Restores everything and returns how far the run was.
  static func restore(_ step: TrainingStep, from path: String) throws -> TrainingProgress {
    let state = try Safetensors.read(path)
    guard let progress = progress(in: state.metadata), state[GeneratorState.name] != nil else {
      throw FileError.invalid(path, "is not a checkpoint that training can continue from; name its last.safetensors")
    }
    if let fault = try NonFiniteTensors(state) {
      throw FileError.invalid(path, "\(fault); no training can go on from it, start a new run")
    }
    do {
      try restore(step, from: state)
    } catch {
      throw FileError.invalid(path, "\(error); continue with the settings it was made with, or start a new run")
    }
    return progress
  }

  static func restore(_ step: TrainingStep, from state: StateDict) throws {
    for part in step.parts { try part.restore(from: state) }
    // Last, and itself all or nothing, so that a file that does not fit leaves the network as it was.
    try step.predicting.store.load(state.map { ($0.name, $0.tensor) }, isExtra: isExtra)
  }

  /// The progress that a checkpoint's metadata holds.
  package static func progress(in metadata: [String: String]) -> TrainingProgress? {
    metadata[progressKey].flatMap { try? JSONDecoder().decode(TrainingProgress.self, from: Data($0.utf8)) }
  }

  private static func weights(
    of store: ParameterStore, _ progress: TrainingProgress, metadata: [String: String]
  ) -> StateDict {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var metadata = metadata
    if let data = try? encoder.encode(progress) { metadata[progressKey] = String(decoding: data, as: UTF8.self) }
    return StateDict(store.entries.map { ($0.name, $0.tensor) }, metadata: metadata)
  }
}

/// How far a run is: steps done, and the best validation so far. Kept in checkpoints.
package struct TrainingProgress: Codable, Sendable, Equatable {
  /// Steps done.
  package var iteration = 0
  package var bestMeanIoU: Double?
  /// Seconds spent in this run, over all its starts.
  package var seconds = 0.0
  /// Whether the validation after the last step is still to be done.
  package var isValidationDue = false

  package init() {}

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    iteration = try container.decode(Int.self, forKey: .iteration)
    bestMeanIoU = try container.decodeIfPresent(Double.self, forKey: .bestMeanIoU)
    seconds = try container.decode(Double.self, forKey: .seconds)
    // Checkpoints of earlier versions do not say.
    isValidationDue = try container.decodeIfPresent(Bool.self, forKey: .isValidationDue) ?? false
  }
}

extension TrainingCheckpoint {
  /// Gives all processes the state of the first, and returns its progress. To be called by all of them.
  static func share(
    _ step: TrainingStep, _ progress: TrainingProgress, _ group: ProcessGroup
  ) throws -> TrainingProgress {
    let own = try state(of: step, progress, metadata: [:])
    let text = try group.broadcast { try Outline(own, progress).text() }
    let outline = try Outline(text: text)
    var shared = StateDict()
    for entry in outline.entries {
      let tensor =
        try group.launch.isFirst
        ? own[entry.name]?.to(step.device)
        : Tensor.zeros(entry.shape, ElementType(rawValue: entry.type) ?? .float32, on: step.device)
      guard let tensor else { continue }
      try group.broadcast(tensor)
      shared[entry.name] = tensor
    }
    if !group.launch.isFirst { try restore(step, from: shared) }
    return outline.progress
  }
}

/// What the other processes must know before tensors are sent to them.
private struct Outline: Codable {
  struct Entry: Codable {
    let name: String
    let shape: [Int]
    let type: ElementType.RawValue
  }

  let progress: TrainingProgress
  let entries: [Entry]

  init(_ state: StateDict, _ progress: TrainingProgress) {
    self.progress = progress
    entries = state.map { Entry(name: $0.name, shape: $0.tensor.shape, type: $0.tensor.type.rawValue) }
  }

  init(text: String) throws { self = try JSONDecoder().decode(Outline.self, from: Data(text.utf8)) }

  func text() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
}

/// A part of a training's state beside the network: kept in checkpoints, restored from them.
package protocol Checkpointed: AnyObject {
  /// Adds its tensors, whose names begin with one of `TrainingCheckpoint.extraPrefixes`: those of a new part with
  /// `training.` and a name of its own.
  func save(to state: inout StateDict) throws

  /// Continues from what `save` kept. Throws where the tensors do not fit.
  func restore(from state: StateDict) throws

  /// Called after each update of the network's weights.
  func weightsDidChange() throws
}

extension Checkpointed {
  package func weightsDidChange() throws {}
}

/// Why a checkpoint cannot continue this run; the file's path is added where it is read.
package struct CheckpointMismatch: Error, Equatable, Sendable, CustomStringConvertible {
  package let problem: String

  package var description: String { "the checkpoint \(problem)" }
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
