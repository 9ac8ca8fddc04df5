/// What becomes of every element of a layer's result.
public enum Activation: Sendable {
  /// Nothing.
  case none
  /// Below 0 it becomes 0.
  case relu
  /// Below 0 it becomes 0, above 6 it becomes 6.
  case relu6
}

extension Tensor {
  /// Activates in place.
  public func activate(by activation: Activation) throws(TorchError) {
    switch activation {
    case .none: break
    case .relu: try Operator.reluInPlace(self)
    case .relu6: try Operator.hardtanhInPlace(self, 0, 6)
    }
  }

  /// The same in a tensor of its own; this one where there is nothing to do.
  public func activated(by activation: Activation) throws(TorchError) -> Tensor {
    switch activation {
    case .none: self
    case .relu: try Operator.relu(self)
    case .relu6: try Operator.hardtanh(self, 0, 6)
    }
  }
}

extension Operator {
  static let relu = Operator("relu")
  static let hardtanh = Operator("hardtanh")
  static let reluInPlace = Operator("relu_")
  static let hardtanhInPlace = Operator("hardtanh_")
}
