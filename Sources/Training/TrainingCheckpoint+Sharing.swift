import Checkpoints
import Foundation
import Processes
import Tensors

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
