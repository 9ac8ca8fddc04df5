import Checkpoints
import Layers
import Losses
import Networks
import Tensors

/// A teacher whose weights are the exponential moving average of those of the network that learns.
///
/// Tarvainen and Valpola, "Mean teachers are better role models" (NIPS 2017). After update t, counted from 1, the
/// average takes the share min(decay, 1 - 1 / t) of itself, so that the random start does not linger. It answers in
/// evaluation mode, by averaged statistics of batch normalisation.
///
/// The average is also what is validated and what predicts after training: checkpoints have its tensors as the network's,
/// and those of the network that learns as `training.learner.NAME`.
package final class MeanTeacher: Teacher, Checkpointed {
  private static let prefix = "training.learner."
  private static let updatesName = "training.average_updates"

  private let student: any SegmentationNetwork
  /// The averaged network.
  let average: any SegmentationNetwork
  private let decay: Double
  private let autocastType: ElementType?
  private let device: Device
  /// Updates taken in, a float64 tensor without dimensions.
  private let updates: Tensor

  /// `decay` is 0..<1; the average starts as a copy of `student`.
  package init(of student: any SegmentationNetwork, decay: Double, autocastType: ElementType?, on device: Device) throws
  {
    self.student = student
    self.decay = decay
    self.autocastType = autocastType
    self.device = device
    average = try student.copy()
    updates = try Tensor.zeros([], .float64)
  }

  /// All tensors of the averaged network.
  package var store: ParameterStore { average.store }

  package func scores(of photographs: Tensor) throws -> Tensor {
    try withoutGradient {
      try withAutocast(autocastType, on: device) {
        try average(photographs, .evaluation.withFixedStatistics).aggregated
      }
    }
  }

  package func weightsDidChange() throws {
    try withoutGradient {
      try updates.add(1)
      let share = min(decay, 1 - 1 / (try updates.item()))
      var (averages, sources): ([Tensor], [Tensor]) = ([], [])
      for (own, other) in zip(average.store.entries, student.store.entries) {
        if own.tensor.type.isFloatingPoint {
          averages.append(own.tensor)
          sources.append(other.tensor)
        } else {
          try own.tensor.copy(from: other.tensor)
        }
      }
      try Operator.lerpLists.tensors(averages, sources, 1 - share)
    }
  }

  package func save(to state: inout StateDict) throws {
    state[Self.updatesName] = updates
    for entry in student.store.entries { state[Self.prefix + entry.name] = entry.tensor }
  }

  /// Continues from what `save` kept. A checkpoint of a run without such a teacher has none of it; the network that learns then
  /// goes on from the weights that predict, and so does the average.
  package func restore(from state: StateDict) throws {
    let isKept = state[Self.updatesName] != nil
    let prefix = isKept ? Self.prefix : ""
    for entry in student.store.entries {
      guard let kept = state[prefix + entry.name] else { continue }
      guard kept.shape == entry.tensor.shape else {
        throw CheckpointMismatch(problem: "holds a tensor of another shape for \(entry.name)")
      }
    }
    try withoutGradient {
      try updates.fill(0)
      if let kept = state[Self.updatesName] { try updates.copy(from: kept) }
      for entry in student.store.entries {
        if let kept = state[prefix + entry.name] { try entry.tensor.copy(from: kept) }
      }
    }
  }
}

extension Operator {
  fileprivate static let lerpLists = Operator("_foreach_lerp_", "Scalar")
}
