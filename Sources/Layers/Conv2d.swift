import Tensors

/// A 2-D convolution; `[N, in, H, W]` to `[N, out, H', W']`.
package struct Conv2d {
  package enum Padding: Sendable {
    /// This many zeros on every side.
    case zeros(Int)
    /// TensorFlow's 'same': the output has ceil(side / stride) positions, and where an odd number of zeros is needed
    /// the extra one stands right and below.
    case same
  }

  package internal(set) var weight: Tensor
  package internal(set) var bias: Tensor?
  let stride: Int
  /// Distance between neighbouring elements of the kernel, in positions of the input.
  let dilation: Int
  let groups: Int
  let padding: Padding

  /// Weights start as He et al. have it for ReLU, or at zero.
  package init(
    _ scope: ParameterScope, _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Int = 1,
    dilation: Int = 1, padding: Padding = .zeros(0), groups: Int = 1, bias: Bool, isZero: Bool = false
  ) throws(TorchError) {
    let shape = [outChannels, inChannels / groups, kernel, kernel]
    weight = try scope.parameter("weight", shape, isZero ? .constant(0) : .kaimingNormalFanOut)
    let fanIn = shape.dropFirst().reduce(1, *)
    self.bias = bias ? try scope.parameter("bias", [outChannels], isZero ? .constant(0) : .uniform(fanIn: fanIn)) : nil
    self.stride = stride
    self.dilation = dilation
    self.groups = groups
    self.padding = padding
  }

  package func callAsFunction(_ x: Tensor, _ execution: Execution = .fast) throws(TorchError) -> Tensor {
    if execution == .fast && suitsWinograd(x) {
      let y = try x.convolvedByWinograd(weight)
      if let bias { try y.add(bias.reshaped([1, -1, 1, 1])) }
      return y
    }
    let (x, zeros) = try padded(x)
    return try x.convolved(weight, bias, stride: stride, padding: zeros, dilation: dilation, groups: groups)
  }

  /// Whether to use Winograd's algorithm for `x`.
  func suitsWinograd(_ x: Tensor) -> Bool {
    guard case .zeros(1) = padding else { return false }
    return stride == 1 && dilation == 1 && groups == 1 && x.suitsWinograd(weight)
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
    return max(0, (outputs - 1) * stride + dilation * (weight.shape[2] - 1) + 1 - side)
  }
}

extension Conv2d {
  /// This convolution and the normalisation after it by its running statistics, in one convolution with a bias through which
  /// gradients flow to the parameters of both.
  func followed(by norm: BatchNorm2d) throws(TorchError) -> Conv2d {
    let (scale, shift) = try norm.scaleAndShift()
    var conv = self
    conv.weight = try weight * scale.reshaped([-1, 1, 1, 1])
    conv.bias = try bias.map { bias throws(TorchError) in try bias * scale + shift } ?? shift
    return conv
  }

  /// This convolution and the normalisation after it, as in evaluation, in one convolution with a bias; its weights
  /// are rounded to `type` where it is given.
  ///
  /// With s = weight / sqrt(variance + epsilon) per output channel, the weights are s W and the bias is s (b - mean)
  /// plus the normalisation's bias.
  func folded(with norm: BatchNorm2d?, _ type: ElementType?) throws(TorchError) -> Conv2d {
    try withoutGradient { () throws(TorchError) in
      var conv = self
      var (weight, bias) = (try weight.to(.cpu), try bias.map { b throws(TorchError) in try b.to(.cpu) })
      if let norm {
        // In float64 from here on, as its scale is.
        let scale = try widened(norm.weight) * (widened(norm.runningVariance) + norm.epsilon).power(-0.5)
        weight = try weight * scale.reshaped([-1, 1, 1, 1])
        let mean = try widened(norm.runningMean)
        let centre = if let bias { try bias - mean } else { try -mean }
        bias = try centre * scale + widened(norm.bias)
      }
      // oneDNN brings weights from this order into the layout that it wants for an image's size. To keep them in that
      // layout would save 2 to 5 % of the convolutions' time for images of one size, and take up to two thirds more
      // for images of another. Cloned, since what needed no conversion is still the network's.
      conv.weight = try narrowed(weight, type).cloned(.channelsLast)
      conv.bias = try bias.map { b throws(TorchError) in try narrowed(b, type).cloned() }
      return conv
    }
  }

  /// In float64, for which not every device has the operators.
  private func widened(_ tensor: Tensor) throws(TorchError) -> Tensor { try tensor.to(.cpu).to(.float64) }

  private func narrowed(_ tensor: Tensor, _ type: ElementType?) throws(TorchError) -> Tensor {
    try tensor.to(type ?? weight.type).to(weight.device)
  }

  /// Whether `fused` can compute it.
  var canFuse: Bool { weight.device == .cpu && Tensor.hasFusedConvolution(weight.type) }

  /// activation(convolution of `x` + `shortcut`) in one pass, in the type of the weights; it may take the place of
  /// `shortcut`.
  func fused(_ x: Tensor, adding shortcut: Tensor?, _ activation: Activation) throws(TorchError) -> Tensor {
    if suitsWinograd(x) {
      let isFused = activation == .none || activation == .relu
      let y = try x.convolvedByWinograd(weight, bias, adding: shortcut, rectified: activation == .relu)
      if !isFused { try y.activate(by: activation) }
      return y
    }
    let (x, zeros) = try padded(x.to(weight.type))
    guard let shortcut else {
      return try x.convolvedFused(
        weight, bias, stride: stride, padding: zeros, dilation: dilation, groups: groups, activation: activation)
    }
    return try shortcut.to(weight.type).addConvolutionFused(
      x, weight, bias, stride: stride, padding: zeros, dilation: dilation, groups: groups, activation: activation)
  }
}
