import Tensors

/// A convolution and what follows it, each where asked for: batch normalisation, an addition, an activation.
package struct ConvBlock: Foldable {
  private var conv: Conv2d
  private var norm: BatchNorm2d?
  private let activation: Activation
  /// How the block computes once it is folded; nil before.
  private var folding: Folding?

  private enum Folding {
    /// Everything in one pass of oneDNN.
    case fused
    /// One operator after another.
    case plain
  }

  package init(_ conv: Conv2d, _ norm: BatchNorm2d? = nil, _ activation: Activation = .none) {
    self.conv = conv
    self.norm = norm
    self.activation = activation
  }

  /// Convolution without bias, batch normalisation, ReLU: names `0.weight`, `1.…` as in a PyTorch `Sequential`.
  ///
  /// `kernel` is odd; the size of the image is kept.
  package init(
    sequence scope: ParameterScope, _ inChannels: Int, _ outChannels: Int, kernel: Int
  ) throws(TorchError) {
    self.init(
      try Conv2d(scope / 0, inChannels, outChannels, kernel: kernel, padding: .zeros(kernel / 2), bias: false),
      try BatchNorm2d(scope / 1, outChannels), .relu)
  }

  /// `[N, in, H, W]` to `[N, out, H', W']`; `shortcut` has the result's shape and is added before the activation.
  ///
  /// A folded block may put its result where `shortcut` was, and is not for training.
  package func callAsFunction(
    _ x: Tensor, adding shortcut: Tensor? = nil, _ mode: Mode
  ) throws(TorchError) -> Tensor {
    if let folding {
      precondition(!mode.isTraining, "a folded network cannot learn")
      return try computed(folding, x, adding: shortcut, mode)
    }
    if mode.fixesStatistics, mode.execution == .fast, let norm {
      // Weights are multiplied in place of images, which are larger.
      return try finished(conv.followed(by: norm)(x), adding: shortcut, mode)
    }
    return try completed(conv(x, mode.execution), adding: shortcut, mode)
  }

  /// The convolution alone, of the input channels `inputs`, which `x` holds.
  func convolved(_ x: Tensor, inputs: Range<Int>) throws(TorchError) -> Tensor {
    var part = conv
    part.weight = try conv.weight.sliced(1, inputs.lowerBound, inputs.upperBound)
    return try part(x)
  }

  /// What follows the convolution, whose result `y` is.
  func completed(_ y: Tensor, adding shortcut: Tensor? = nil, _ mode: Mode) throws(TorchError) -> Tensor {
    try finished(norm.map { norm throws(TorchError) in try norm(y, mode) } ?? y, adding: shortcut, mode)
  }

  private func computed(
    _ folding: Folding, _ x: Tensor, adding shortcut: Tensor?, _ mode: Mode
  ) throws(TorchError) -> Tensor {
    switch (folding, mode.execution) {
    case (.fused, .fast): try conv.fused(x, adding: shortcut, activation)
    case (.plain, _), (_, .plain): try finished(conv(x, mode.execution), adding: shortcut, mode)
    }
  }

  /// Adds and activates, in fast execution in place: no gradient needs what was there before.
  private func finished(_ y: Tensor, adding shortcut: Tensor?, _ mode: Mode) throws(TorchError) -> Tensor {
    if mode.execution == .plain {
      return try (shortcut.map { shortcut throws(TorchError) in try y + shortcut } ?? y).activated(by: activation)
    }
    if let shortcut { try y.add(shortcut) }
    try y.activate(by: activation)
    return y
  }

  package func folded(_ type: ElementType?) throws(TorchError) -> ConvBlock {
    precondition(folding == nil, "the block is folded already")
    var block = self
    block.conv = try conv.folded(with: norm, type)
    block.norm = nil
    block.folding = block.conv.canFuse ? .fused : .plain
    return block
  }

  /// `[out, in, row, column]`.
  var weight: Tensor { conv.weight }

  /// How many channels the block takes, per group.
  var inputCount: Int { conv.weight.shape[1] }

  /// The block for the input channels `inputs` alone, with weights of its own.
  func restricted(toInputs inputs: Range<Int>) throws(TorchError) -> ConvBlock {
    var block = self
    block.conv.weight = try conv.weight.sliced(1, inputs.lowerBound, inputs.upperBound).cloned(.channelsLast)
    return block
  }
}

/// A part of a network that has a form for prediction alone, where batch normalisation is folded into convolutions.
package protocol Foldable {
  /// The same function in evaluation up to rounding, with a copy of the weights; later training does not change it.
  ///
  /// `type` is the type that convolutions will compute in under autocast; nil keeps that of the weights.
  func folded(_ type: ElementType?) throws(TorchError) -> Self
}

extension Array: Foldable where Element: Foldable {
  package func folded(_ type: ElementType?) throws(TorchError) -> [Element] {
    try map { element throws(TorchError) in try element.folded(type) }
  }
}

extension Optional: Foldable where Wrapped: Foldable {
  package func folded(_ type: ElementType?) throws(TorchError) -> Wrapped? {
    try map { wrapped throws(TorchError) in try wrapped.folded(type) }
  }
}

/// Batch normalisation over N, H and W, in training over the batches of all processes, with running statistics for
/// evaluation.
package struct BatchNorm2d {
  let weight: Tensor
  let bias: Tensor
  let runningMean: Tensor
  let runningVariance: Tensor
  let batchesTracked: Tensor
  let momentum: Double
  let epsilon: Double

  /// `momentum` is the weight of the newest batch in the running statistics.
  package init(
    _ scope: ParameterScope, _ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5
  ) throws(TorchError) {
    weight = try scope.parameter("weight", [channels], .constant(1))
    bias = try scope.parameter("bias", [channels], .constant(0))
    runningMean = try scope.buffer("running_mean", [channels], .constant(0))
    runningVariance = try scope.buffer("running_var", [channels], .constant(1))
    batchesTracked = try scope.buffer("num_batches_tracked", [], .constant(0), .int64)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Throws in training by the batch's statistics where a channel has a single value, whose variance would be NaN.
  package func callAsFunction(_ x: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    let usesBatch = mode.isTraining && !mode.fixesStatistics
    if usesBatch, x.elementCount / weight.elementCount * (mode.group?.count ?? 1) < 2 {
      throw TorchError(
        operation: "batch_norm", shapes: [x.shape],
        message: "a single value per channel has no variance to learn from; a batch needs at least 2 images")
    }
    if mode.updatesStatistics { try batchesTracked.add(1) }
    let momentum = mode.updatesStatistics ? momentum : 0
    if usesBatch, let group = mode.group {
      return try group.batchNormalized(
        x, weight, bias, mean: runningMean, variance: runningVariance, momentum: momentum, epsilon: epsilon)
    }
    return try x.batchNormalized(
      weight, bias, mean: runningMean, variance: runningVariance, training: usesBatch, momentum: momentum,
      epsilon: epsilon)
  }
}

extension BatchNorm2d {
  /// What the normalisation by its running statistics multiplies each channel by, and what it then adds, `[channels]` each;
  /// gradients flow to its weight and bias.
  func scaleAndShift() throws(TorchError) -> (scale: Tensor, shift: Tensor) {
    let scale = try weight * (runningVariance + epsilon).power(-0.5)
    return (scale, try bias - runningMean * scale)
  }
}

/// Layer normalisation over the last dimension.
package struct LayerNorm {
  package let weight: Tensor
  package let bias: Tensor
  let epsilon: Double

  package init(_ scope: ParameterScope, _ channels: Int, epsilon: Double = 1e-5) throws(TorchError) {
    weight = try scope.parameter("weight", [channels], .constant(1))
    bias = try scope.parameter("bias", [channels], .constant(0))
    self.epsilon = epsilon
  }

  package func callAsFunction(_ x: Tensor) throws(TorchError) -> Tensor {
    try x.layerNormalized(weight, bias, epsilon: epsilon)
  }
}
