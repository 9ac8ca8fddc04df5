import Checkpoints
import Layers
import Tensors

/// AdamW (Loshchilov and Hutter, ICLR 2019) by LibTorch's fused kernel.
///
/// Weight decay acts on every parameter that has a gradient; a parameter without one is left alone.
public final class AdamW {
  public struct Settings: Sendable, Equatable {
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 0.01

    public init() {}
  }

  private struct Moments {
    let first: Tensor
    let second: Tensor
    /// Whether there was ever a gradient; checkpoints leave out what never changed.
    var areUsed = false
  }

  private let parameters: [ParameterStore.Entry]
  private let settings: Settings
  /// Of each parameter, made before training: made during the first update they would lie scattered between the tensors of
  /// that step, and leave holes that later steps cannot use.
  private var moments: [Moments]
  /// Updates made so far, a float32 tensor without dimensions, as the kernel wants it.
  private let updates: Tensor

  public init(_ parameters: [ParameterStore.Entry], _ settings: Settings = Settings()) throws(TorchError) {
    self.parameters = parameters
    self.settings = settings
    updates = try Tensor.zeros([], .float32, on: parameters.first?.tensor.device ?? .cpu)
    moments = try withoutGradient { () throws(TorchError) in
      var moments: [Moments] = []
      for entry in parameters {
        moments.append(Moments(first: try entry.tensor.zerosAlike(), second: try entry.tensor.zerosAlike()))
      }
      return moments
    }
  }

  /// One update from the gradients that the parameters hold.
  public func step(learningRate: Double) throws(TorchError) {
    var (tensors, gradients, first, second): ([Tensor], [Tensor], [Tensor], [Tensor]) = ([], [], [], [])
    for (index, entry) in parameters.enumerated() {
      guard let gradient = entry.tensor.gradient else { continue }
      tensors.append(entry.tensor)
      gradients.append(gradient)
      first.append(moments[index].first)
      second.append(moments[index].second)
      moments[index].areUsed = true
    }
    try withoutGradient { () throws(TorchError) in
      try updates.add(1)
      // The kernel only reads the counts, so that one tensor serves all parameters.
      let counts = Array(repeating: updates, count: tensors.count)
      let amsgrad = false
      let maximize = false
      try Operator.fusedAdamW.tensors(
        tensors, gradients, first, second, [Tensor](), counts, learningRate, settings.beta1, settings.beta2,
        settings.weightDecay, settings.epsilon, amsgrad, maximize)
    }
  }

  /// Updates made so far, over all starts of a run.
  public func updateCount() throws(TorchError) -> Int { Int(try updates.item()) }

  public func clearGradients() {
    for entry in parameters { entry.tensor.clearGradient() }
  }

  /// Gradients of all parameters that have one.
  public var gradients: [Tensor] { parameters.compactMap(\.tensor.gradient) }
}

// What a checkpoint keeps of it.
extension AdamW {
  private static let updatesName = "optimizer.step"
  private static let firstPrefix = "optimizer.exp_avg."
  private static let secondPrefix = "optimizer.exp_avg_sq."

  public func save(to state: inout StateDict) {
    state[Self.updatesName] = updates
    for (entry, moments) in zip(parameters, moments) where moments.areUsed {
      state[Self.firstPrefix + entry.name] = moments.first
      state[Self.secondPrefix + entry.name] = moments.second
    }
  }

  /// Continues from what `save` kept. Throws when a tensor does not fit its parameter.
  public func restore(from state: StateDict) throws {
    guard let updates = state[Self.updatesName] else {
      throw CheckpointMismatch(problem: "holds no optimiser state")
    }
    try withoutGradient {
      try self.updates.copy(from: updates)
      for (index, entry) in parameters.enumerated() {
        guard let first = state[Self.firstPrefix + entry.name], let second = state[Self.secondPrefix + entry.name]
        else {
          continue
        }
        guard first.shape == entry.tensor.shape, second.shape == entry.tensor.shape else {
          throw CheckpointMismatch(problem: "holds optimiser state of another shape for \(entry.name)")
        }
        try moments[index].first.copy(from: first)
        try moments[index].second.copy(from: second)
        moments[index].areUsed = true
      }
    }
  }
}

extension Operator {
  static let fusedAdamW = Operator("_fused_adamw_")
}
