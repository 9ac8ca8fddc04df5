import Layers
import Tensors

/// Scores of classes from frozen features: standardised, a hidden layer with ReLU, and a linear layer.
///
/// The same for positions, whose features are those of all levels, and for whole photographs, whose features are pooled.
package struct FeatureHead {
  /// Of each channel over what the head was first fitted to, `[channels]`.
  package private(set) var mean: Tensor
  package private(set) var deviation: Tensor
  private var hiddenWeight: Tensor
  private var hiddenBias: Tensor
  private var outputWeight: Tensor
  /// What the scores are before anything is known of the features, `[outputs]`.
  package private(set) var outputBias: Tensor

  init(_ scope: ParameterScope, channels: Int, width: Int, outputs: Int) throws(TorchError) {
    mean = try scope.buffer("mean", [channels], .constant(0))
    deviation = try scope.buffer("deviation", [channels], .constant(1))
    hiddenWeight = try (scope / "hidden").parameter("weight", [width, channels], .uniform(fanIn: channels))
    hiddenBias = try (scope / "hidden").parameter("bias", [width], .constant(0))
    outputWeight = try (scope / "output").parameter("weight", [outputs, width], .uniform(fanIn: width))
    outputBias = try (scope / "output").parameter("bias", [outputs], .constant(0))
  }

  /// The same with a copy of all tensors.
  func copy() throws(TorchError) -> FeatureHead {
    var head = self
    (head.mean, head.deviation) = (try mean.cloned(), try deviation.cloned())
    (head.hiddenWeight, head.hiddenBias) = (try hiddenWeight.detached().cloned(), try hiddenBias.detached().cloned())
    (head.outputWeight, head.outputBias) = (try outputWeight.detached().cloned(), try outputBias.detached().cloned())
    return head
  }

  /// How much is dropped in a step of a fit.
  package struct Dropout {
    /// Probabilities that a feature, and a number of the hidden layer, is dropped: 0..<1.
    let features: Double
    let hidden: Double
    let generator: Generator

    package init(features: Double = 0, hidden: Double, drawingFrom generator: Generator) {
      (self.features, self.hidden, self.generator) = (features, hidden, generator)
    }

    /// `x` with elements set to zero with a probability, and the others scaled up to keep the mean.
    fileprivate func dropped(_ x: Tensor, _ probability: Double) throws(TorchError) -> Tensor {
      guard probability > 0 else { return x }
      return try x * Tensor.bernoulli(1 - probability, x.shape, x.type, on: x.device, generator) / (1 - probability)
    }
  }

  /// Scores `[K, outputs]` of features `[K, channels]`; with dropout in a fit, and without in prediction.
  package func callAsFunction(_ features: Tensor, _ dropout: Dropout? = nil) throws(TorchError) -> Tensor {
    var x = try (features - mean) / deviation
    if let dropout { x = try dropout.dropped(x, dropout.features) }
    x = try (x.matrixProduct(hiddenWeight.permuted([1, 0])) + hiddenBias).activated(by: .relu)
    if let dropout { x = try dropout.dropped(x, dropout.hidden) }
    return try x.matrixProduct(outputWeight.permuted([1, 0])) + outputBias
  }

  /// Scores `[N, outputs, height, width]` on a grid from levels `[N, channels, h, w]`.
  ///
  /// The hidden layer before its ReLU is linear, so that it is computed on each level's own grid and then upsampled.
  func scores(of levels: [Tensor], height: Int, width: Int) throws(TorchError) -> Tensor {
    // W (x - mean) / deviation + bias = (W / deviation) x + (bias - (W / deviation) mean)
    let weight = try hiddenWeight / deviation
    let bias = try hiddenBias - weight.matrixProduct(mean)
    var sum = try bias.reshaped([1, -1, 1, 1])
    var first = 0
    for level in levels {
      let channels = level.shape[1]
      let part = try weight.sliced(1, first, first + channels).reshaped([-1, channels, 1, 1])
      let hidden = try level.to(.float32).convolved(part, nil, stride: 1, padding: 0, groups: 1)
      sum = try sum + hidden.resizedBilinear(height: height, width: width)
      first += channels
    }
    return try sum.activated(by: .relu).convolved(
      outputWeight.reshaped(outputWeight.shape + [1, 1]), outputBias, stride: 1, padding: 0, groups: 1)
  }
}
