import Tensors

/// A 2-D convolution; `[N, in, H, W]` to `[N, out, H', W']`.
public struct Conv2d {
  public enum Padding: Sendable {
    /// This many zeros on every side.
    case zeros(Int)
    /// TensorFlow's 'same': the output has ceil(side / stride) positions, and where an odd number of zeros is needed
    /// the extra one stands right and below.
    case same
  }

  public internal(set) var weight: Tensor
  public internal(set) var bias: Tensor?
  let stride: Int
  let groups: Int
  let padding: Padding

  public init(
    _ scope: ParameterScope, _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Int = 1,
    padding: Padding = .zeros(0), groups: Int = 1, bias: Bool
  ) throws(TorchError) {
    let shape = [outChannels, inChannels / groups, kernel, kernel]
    weight = try scope.parameter("weight", shape, .kaimingNormalFanOut)
    let fanIn = shape.dropFirst().reduce(1, *)
    self.bias = bias ? try scope.parameter("bias", [outChannels], .uniform(fanIn: fanIn)) : nil
    self.stride = stride
    self.groups = groups
    self.padding = padding
  }

  public func callAsFunction(_ x: Tensor, _ execution: Execution = .fast) throws(TorchError) -> Tensor {
    if execution == .fast && suitsWinograd(x) {
      let y = try x.convolvedByWinograd(weight)
      if let bias { try y.add(bias.reshaped([1, -1, 1, 1])) }
      return y
    }
    let (x, zeros) = try padded(x)
    return try x.convolved(weight, bias, stride: stride, padding: zeros, groups: groups)
  }

  /// Whether to use Winograd's algorithm for `x`.
  func suitsWinograd(_ x: Tensor) -> Bool {
    guard case .zeros(1) = padding else { return false }
    return stride == 1 && groups == 1 && x.suitsWinograd(weight)
  }

  /// `x` with those zeros that the operator cannot add itself, and how many it must add on every side.
  func padded(_ x: Tensor) throws(TorchError) -> (x: Tensor, zeros: Int) {
    switch padding {
    case .zeros(let amount):
      return (x, amount)
    case .same:
      let sizes = x.shape
      let rows = zerosForSame(sizes[2])
      let columns = zerosForSame(sizes[3])
      if rows == columns && rows % 2 == 0 { return (x, rows / 2) }
      return (try x.padded([columns / 2, columns - columns / 2, rows / 2, rows - rows / 2]), 0)
    }
  }

  private func zerosForSame(_ side: Int) -> Int {
    let outputs = (side + stride - 1) / stride
    return max(0, (outputs - 1) * stride + weight.shape[2] - side)
  }
}
