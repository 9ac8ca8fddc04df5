import Tensors

/// Layer normalisation over the last dimension.
public struct LayerNorm {
  public let weight: Tensor
  public let bias: Tensor
  let epsilon: Double

  public init(_ scope: ParameterScope, _ channels: Int, epsilon: Double = 1e-5) throws(TorchError) {
    weight = try scope.parameter("weight", [channels], .constant(1))
    bias = try scope.parameter("bias", [channels], .constant(0))
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor) throws(TorchError) -> Tensor {
    try x.layerNormalized(weight, bias, epsilon: epsilon)
  }
}
