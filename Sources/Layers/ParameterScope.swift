import Tensors

/// A prefix of checkpoint names: `scope / "layer1" / 0 / "conv1"` names tensors `layer1.0.conv1.…`.
public struct ParameterScope {
  let store: ParameterStore
  let path: String

  public static func / (scope: ParameterScope, name: String) -> ParameterScope {
    ParameterScope(store: scope.store, path: scope.qualified(name))
  }

  public static func / (scope: ParameterScope, index: Int) -> ParameterScope { scope / String(index) }

  /// A tensor that the optimiser learns.
  public func parameter(_ name: String, _ shape: [Int], _ initializer: Initializer) throws(TorchError) -> Tensor {
    try store.make(qualified(name), shape, .parameter, initializer, nil)
  }

  /// A tensor that checkpoints keep and the optimiser leaves alone.
  public func buffer(
    _ name: String, _ shape: [Int], _ initializer: Initializer, _ type: ElementType? = nil
  ) throws(TorchError) -> Tensor {
    try store.make(qualified(name), shape, .buffer, initializer, type)
  }

  private func qualified(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
