import Checkpoints
import Files
import Foundation
import Networks
import Tensors

/// Everything that a run continues from: weights, optimiser, scaler, source of random numbers, progress.
///
/// A safetensors file. The weights have their own names, so that the file serves as weights too; what else it holds
/// has names that begin with one of `extraPrefixes`.
public enum TrainingCheckpoint {
  /// Beginnings of names that are not the network's.
  public static let extraPrefixes = ["optimizer.", "scaler.", "generator."]

  private static let generatorName = "generator.state"
  private static let progressKey = "progress"

  /// Whether a name in a file is the training's and not the network's.
  public static func isExtra(_ name: String) -> Bool { extraPrefixes.contains { name.hasPrefix($0) } }

  /// Writes the file whole or not at all. `metadata` is kept beside the progress.
  static func save(
    _ step: TrainingStep, _ progress: TrainingProgress, metadata: [String: String], to path: String
  ) throws {
    try write(state(of: step, progress, metadata: metadata), progress, to: path)
  }

  static func state(
    of step: TrainingStep, _ progress: TrainingProgress, metadata: [String: String]
  ) throws(TorchError) -> StateDict {
    var state = weights(of: step.network, progress, metadata: metadata)
    step.optimizer.save(to: &state)
    step.scaler?.save(to: &state)
    state[generatorName] = try step.generator.state()
    return state
  }

  /// Writes the weights alone.
  static func saveWeights(
    of network: BLPSeg, _ progress: TrainingProgress, metadata: [String: String], to path: String
  ) throws {
    try write(weights(of: network, progress, metadata: metadata), progress, to: path)
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
    guard let progress = progress(in: state.metadata), state[generatorName] != nil else {
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
    try step.optimizer.restore(from: state)
    try step.scaler?.restore(from: state)
    if let generator = state[generatorName] { try step.generator.restore(generator.to(.cpu)) }
    // Last, and itself all or nothing, so that a file that does not fit leaves the network as it was.
    try step.network.store.load(state.map { ($0.name, $0.tensor) }, isExtra: isExtra)
  }

  /// The progress that a checkpoint's metadata holds.
  public static func progress(in metadata: [String: String]) -> TrainingProgress? {
    metadata[progressKey].flatMap { try? JSONDecoder().decode(TrainingProgress.self, from: Data($0.utf8)) }
  }

  private static func weights(
    of network: BLPSeg, _ progress: TrainingProgress, metadata: [String: String]
  ) -> StateDict {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var metadata = metadata
    if let data = try? encoder.encode(progress) { metadata[progressKey] = String(decoding: data, as: UTF8.self) }
    return StateDict(network.store.entries.map { ($0.name, $0.tensor) }, metadata: metadata)
  }
}
