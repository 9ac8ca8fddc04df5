import Checkpoints
import Layers
import Tensors

/// AdamW (Loshchilov and Hutter, ICLR 2019) by LibTorch's fused kernel.
///
/// A parameter without a gradient is left alone, and its averages are as young as its first gradient. As published, weight decay acts on every other one and all learn at the
/// same rate; the settings can make groups of parameters.
public final class AdamW: Checkpointed {
  /// The exponential decay rates, each 0..<1.
  public struct Betas: Sendable, Equatable {
    /// Of the running mean of the gradient.
    public var mean: Double
    /// Of the running mean of the squared gradient.
    public var square: Double

    public init(mean: Double, square: Double) {
      self.mean = mean
      self.square = square
    }
  }

  public struct Settings: Sendable, Equatable {
    public var betas = Betas(mean: 0.9, square: 0.999)
    /// 1e-16...1. Updates from gradients that vanish in float32 would be as large as the gradient over a smaller one.
    public var epsilon = 1e-8
    /// 0...1.
    public var weightDecay = 0.01
    /// Whether weight decay acts on parameters of one dimension too: biases, and factors of normalisations.
    public var decaysNormsAndBiases = true
    /// Factors of the learning rate, above 0, by the beginning of parameters' names; of several that fit, the longest
    /// counts. Other parameters have 1.
    public var rateFactors: [String: Double] = [:]

    public init() {}

    /// The learning rate's factor of a parameter.
    package func rateFactor(of name: String) -> Double {
      let prefix = rateFactors.keys.filter { name == $0 || name.hasPrefix("\($0).") }.max { $0.count < $1.count }
      return prefix.flatMap { rateFactors[$0] } ?? 1
    }
  }

  /// Parameters that are updated alike.
  private struct Group: Hashable {
    let rateFactor: Double
    let weightDecay: Double
  }

  private struct Moments {
    let first: Tensor
    let second: Tensor
    /// Updates made so far, a float32 tensor without dimensions, as the kernel wants it.
    let updates: Tensor
    /// Whether there was ever a gradient; checkpoints leave out what never changed.
    var areUsed = false
  }

  private let parameters: [ParameterStore.Entry]
  private let settings: Settings
  /// Of each parameter.
  private let groups: [Group]
  /// Of each parameter, made before training: made during the first update they would lie scattered between the tensors of
  /// that step, and leave holes that later steps cannot use.
  private var moments: [Moments]
  public init(_ parameters: [ParameterStore.Entry], _ settings: Settings = Settings()) throws {
    self.parameters = parameters
    self.settings = settings
    groups = parameters.map { entry in
      let isDecayed = settings.decaysNormsAndBiases || entry.tensor.shape.count > 1
      return Group(
        rateFactor: settings.rateFactor(of: entry.name), weightDecay: isDecayed ? settings.weightDecay : 0)
    }
    moments = try withoutGradient {
      try parameters.map { entry in
        Moments(
          first: try entry.tensor.zerosAlike(), second: try entry.tensor.zerosAlike(),
          updates: try .zeros([], .float32, on: entry.tensor.device))
      }
    }
  }

  /// One update from the gradients that the parameters hold.
  public func step(learningRate: Double) throws {
    var members: [Group: [Int]] = [:]
    for (index, entry) in parameters.enumerated() where entry.tensor.gradient != nil {
      moments[index].areUsed = true
      members[groups[index], default: []].append(index)
    }
    try withoutGradient {
      for (group, indices) in members { try update(group, indices, learningRate * group.rateFactor) }
    }
  }

  private func update(_ group: Group, _ indices: [Int], _ learningRate: Double) throws {
    let tensors = indices.map { parameters[$0].tensor }
    let counts = indices.map { moments[$0].updates }
    try Operator.addToList.tensors(counts, 1.0)
    let amsgrad = false
    let maximize = false
    try Operator.fusedAdamW.tensors(
      tensors, tensors.compactMap(\.gradient), indices.map { moments[$0].first }, indices.map { moments[$0].second },
      [Tensor](), counts, learningRate, settings.betas.mean, settings.betas.square, group.weightDecay,
      settings.epsilon, amsgrad, maximize)
  }

  /// Updates made so far, over all starts of a run: those of the parameter that had most.
  public func updateCount() throws -> Int { Int(try moments.map { try $0.updates.item() }.max() ?? 0) }

  public func clearGradients() {
    for entry in parameters { entry.tensor.clearGradient() }
  }

  /// Gradients of all parameters that have one.
  public var gradients: [Tensor] { parameters.compactMap(\.tensor.gradient) }
}

extension AdamW {
  private static let updatesName = "optimizer.step"
  private static let updatesPrefix = "optimizer.step."
  private static let firstPrefix = "optimizer.exp_avg."
  private static let secondPrefix = "optimizer.exp_avg_sq."

  package func save(to state: inout StateDict) throws {
    let counts = try moments.map { try $0.updates.item() }
    let most = counts.max() ?? 0
    state[Self.updatesName] = try .filled(most, [], .float32)
    for ((entry, moments), count) in zip(zip(parameters, moments), counts) where moments.areUsed {
      state[Self.firstPrefix + entry.name] = moments.first
      state[Self.secondPrefix + entry.name] = moments.second
      // Most have the same number.
      if count != most { state[Self.updatesPrefix + entry.name] = moments.updates }
    }
  }

  /// Continues from what `save` kept. Throws when a tensor does not fit its parameter.
  package func restore(from state: StateDict) throws {
    guard let updates = state[Self.updatesName] else {
      throw CheckpointMismatch(problem: "holds no optimiser state")
    }
    try withoutGradient {
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
        try moments[index].updates.copy(from: state[Self.updatesPrefix + entry.name] ?? updates)
        moments[index].areUsed = true
      }
    }
  }
}

extension Operator {
  static let fusedAdamW = Operator("_fused_adamw_")
  fileprivate static let addToList = Operator("_foreach_add_", "Scalar")
}

/// Keeps small gradients from vanishing in float16: the loss is multiplied by a factor that grows while gradients stay
/// finite and shrinks when they do not (Micikevicius et al., ICLR 2018).
package final class GradientScaler: Checkpointed {
  private static let growth = 2.0
  private static let backoff = 0.5
  private static let growthInterval = 2000
  private static let scaleName = "scaler.scale"
  private static let countName = "scaler.growth_tracker"

  private let scale: Tensor
  /// Finite steps since the factor changed last.
  private let finiteSteps: Tensor

  package init(on device: Device, initialScale: Double = 65536) throws {
    scale = try Tensor.filled(initialScale, [], .float32, on: device)
    finiteSteps = try Tensor.zeros([], .int32, on: device)
  }

  package func scaled(_ loss: Tensor) throws -> Tensor { try loss * scale }

  /// Divides the gradients by the factor in place, adapts the factor, and returns whether all gradients are finite;
  /// where they are not, the step must be left out.
  package func unscale(_ gradients: [Tensor]) throws -> Bool {
    try withoutGradient {
      let found = try Tensor.zeros([1], .float32, on: scale.device)
      try Operator.unscale.tensors(gradients, found, scale.power(-1))
      let isFinite = try found.item() == 0
      try Operator.updateScale(scale, finiteSteps, found, Self.growth, Self.backoff, Self.growthInterval)
      return isFinite
    }
  }

  /// The factor.
  package func factor() throws -> Double { try scale.item() }

  package func save(to state: inout StateDict) throws {
    state[Self.scaleName] = scale
    state[Self.countName] = finiteSteps
  }

  /// Continues from what `save` kept; a checkpoint of a run in another precision has none, and leaves all as it is.
  package func restore(from state: StateDict) throws {
    guard let scale = state[Self.scaleName], let count = state[Self.countName] else { return }
    try withoutGradient {
      try self.scale.copy(from: scale)
      try finiteSteps.copy(from: count)
    }
  }
}

extension Operator {
  static let unscale = Operator("_amp_foreach_non_finite_check_and_unscale_")
  static let updateScale = Operator("_amp_update_scale_")
}
