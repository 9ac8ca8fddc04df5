import Tensors

/// How a parameter starts.
public enum Initializer: Sendable {
  case constant(Double)
  /// Normal with variance 2 / fan-out, fan-out being output channels times kernel area: He et al. 2015, for ReLU.
  case kaimingNormalFanOut
  /// Uniform in ±1 / sqrt(fan-in), PyTorch's default for biases.
  case uniform(fanIn: Int)

  func tensor(
    _ shape: [Int], _ type: ElementType, on device: Device, _ generator: Generator
  ) throws(TorchError) -> Tensor {
    // Drawn on the CPU in float32, so that a seed gives the same network on every device and in every precision.
    switch self {
    case .constant(let value):
      return try Tensor.filled(value, shape, type, on: device)
    case .kaimingNormalFanOut:
      let fanOut = shape[0] * shape.dropFirst(2).reduce(1, *)
      let numbers = try Tensor.normal(shape, .float32, on: .cpu, generator)
      return try (numbers * (2 / Double(fanOut)).squareRoot()).to(type).to(device)
    case .uniform(let fanIn):
      let bound = 1 / Double(max(1, fanIn)).squareRoot()
      let numbers = try Tensor.uniform(shape, .float32, on: .cpu, generator)
      return try (numbers * (2 * bound) + -bound).to(type).to(device)
    }
  }
}
