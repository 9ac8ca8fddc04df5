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
  }

  private let parameters: [ParameterStore.Entry]
  private let settings: Settings
  private var moments: [String: Moments] = [:]
  /// Updates made so far, a float32 tensor without dimensions, as the kernel wants it.
  private let updates: Tensor

  public init(_ parameters: [ParameterStore.Entry], _ settings: Settings = Settings()) throws(TorchError) {
    self.parameters = parameters
    self.settings = settings
    updates = try Tensor.zeros([], .float32, on: parameters.first?.tensor.device ?? .cpu)
  }

  /// One update from the gradients that the parameters hold.
  public func step(learningRate: Double) throws(TorchError) {
    var (tensors, gradients, first, second): ([Tensor], [Tensor], [Tensor], [Tensor]) = ([], [], [], [])
    for entry in parameters {
      guard let gradient = entry.tensor.gradient else { continue }
      let moments = try moments(of: entry)
      tensors.append(entry.tensor)
      gradients.append(gradient)
      first.append(moments.first)
      second.append(moments.second)
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

  public func clearGradients() {
    for entry in parameters { entry.tensor.clearGradient() }
  }

  /// Gradients of all parameters that have one.
  public var gradients: [Tensor] { parameters.compactMap(\.tensor.gradient) }

  private func moments(of entry: ParameterStore.Entry) throws(TorchError) -> Moments {
    if let known = moments[entry.name] { return known }
    let made = try withoutGradient { () throws(TorchError) in
      Moments(first: try entry.tensor.zerosAlike(), second: try entry.tensor.zerosAlike())
    }
    moments[entry.name] = made
    return made
  }
}

// What a checkpoint keeps of it.
extension AdamW {
  private static let updatesName = "optimizer.step"
  private static let firstPrefix = "optimizer.exp_avg."
  private static let secondPrefix = "optimizer.exp_avg_sq."

  public func save(to state: inout StateDict) {
    state[Self.updatesName] = updates
    for entry in parameters {
      guard let moments = moments[entry.name] else { continue }
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
      for entry in parameters {
        guard let first = state[Self.firstPrefix + entry.name], let second = state[Self.secondPrefix + entry.name]
        else {
          continue
        }
        guard first.shape == entry.tensor.shape, second.shape == entry.tensor.shape else {
          throw CheckpointMismatch(problem: "holds optimiser state of another shape for \(entry.name)")
        }
        let moments = try moments(of: entry)
        try moments.first.copy(from: first)
        try moments.second.copy(from: second)
      }
    }
  }
}

extension Operator {
  static let fusedAdamW = Operator("_fused_adamw_")
}
