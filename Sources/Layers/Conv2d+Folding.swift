import Tensors

extension Conv2d {
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
        weight, bias, stride: stride, padding: zeros, groups: groups, activation: activation)
    }
    return try shortcut.to(weight.type).addConvolutionFused(
      x, weight, bias, stride: stride, padding: zeros, groups: groups, activation: activation)
  }
}
