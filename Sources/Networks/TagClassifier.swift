import Layers
import Tensors

/// Which classes occur in a photograph, from the pooled feature of a backbone: a hidden layer with ReLU and a linear layer,
/// both after dropout.
struct TagClassifier {
  private static let width = 256
  /// Probabilities with which training drops a pooled feature and a number of the hidden layer.
  private static let dropout = (features: ChannelDropout(0.5), hidden: ChannelDropout(0.3))

  private let hidden: Conv2d
  private let output: Conv2d
  /// Photographs seen in training, and how many of them have each class: `[C + 1]`, the number of all last.
  let seen: Tensor

  init(_ scope: ParameterScope, channels: Int, classCount: Int) throws(TorchError) {
    hidden = try Conv2d(scope / "hidden", channels, Self.width, kernel: 1, bias: true)
    output = try Conv2d(scope / "output", Self.width, classCount, kernel: 1, bias: true, isZero: true)
    seen = try scope.buffer("seen", [classCount + 1], .constant(0))
  }

  /// Logits `[N, C]` of pooled features `[N, channels, 1, 1]`.
  func callAsFunction(_ pooled: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    let x = try hidden(Self.dropout.features(pooled, mode)).activated(by: .relu)
    let logits = try output(Self.dropout.hidden(x, mode))
    return try logits.reshaped([logits.shape[0], logits.shape[1]])
  }

  /// How much more probable than in other photographs each class is, as a difference of logarithms, `[N, C]`, of logits
  /// `[N, C]`; 0 for the background, which may occur everywhere.
  ///
  /// How frequent a class is follows from the photographs seen, as if there were two more, one of them with it.
  func scores(of logits: Tensor) throws(TorchError) -> Tensor {
    let classes = logits.shape[1]
    let frequency = try (seen.sliced(0, 0, classes) + 1) / (seen.sliced(0, classes, classes + 1) + 2)
    return try logits.tagScores(relativeTo: frequency.logarithm().to(logits.type))
  }
}

extension Tensor {
  /// How much more probable a class is by these logits, `[N, C]`, than by the logarithms of its share of all photographs,
  /// `[C]`, as a difference of logarithms; 0 for the background.
  func tagScores(relativeTo prior: Tensor) throws(TorchError) -> Tensor {
    try (-(-self).softplus() - prior).sliced(1, 1, shape[1]).padded([1, 0])
  }
}
