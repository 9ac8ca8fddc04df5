import Checkpoints
import Tensors

/// Keeps small gradients from vanishing in float16: the loss is multiplied by a factor that grows while gradients stay
/// finite and shrinks when they do not (Micikevicius et al., ICLR 2018).
public final class GradientScaler: Checkpointed {
  private static let growth = 2.0
  private static let backoff = 0.5
  private static let growthInterval = 2000
  private static let scaleName = "scaler.scale"
  private static let countName = "scaler.growth_tracker"

  private let scale: Tensor
  /// Finite steps since the factor changed last.
  private let finiteSteps: Tensor

  public init(on device: Device, initialScale: Double = 65536) throws {
    scale = try Tensor.filled(initialScale, [], .float32, on: device)
    finiteSteps = try Tensor.zeros([], .int32, on: device)
  }

  public func scaled(_ loss: Tensor) throws -> Tensor { try loss * scale }

  /// Divides the gradients by the factor in place, adapts the factor, and returns whether all gradients are finite;
  /// where they are not, the step must be left out.
  public func unscale(_ gradients: [Tensor]) throws -> Bool {
    try withoutGradient {
      let found = try Tensor.zeros([1], .float32, on: scale.device)
      try Operator.unscale.tensors(gradients, found, scale.power(-1))
      let isFinite = try found.item() == 0
      try Operator.updateScale(scale, finiteSteps, found, Self.growth, Self.backoff, Self.growthInterval)
      return isFinite
    }
  }

  /// The factor.
  public func factor() throws -> Double { try scale.item() }

  public func save(to state: inout StateDict) throws {
    state[Self.scaleName] = scale
    state[Self.countName] = finiteSteps
  }

  /// Continues from what `save` kept; a checkpoint of a run in another precision has none, and leaves all as it is.
  public func restore(from state: StateDict) throws {
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
