import Tensors

/// `blpLoss` as a part of the objective: the mean over the batch's images.
public struct BLPLoss: Loss, Equatable {
  package let name = "blp"
  package let metricsKey = "segmentation_loss"
  package let title = "BLP loss"
  package let explanation =
    "labelling the scribbled pixels and, in self-training, those that the network is sure of; pixels that are rarely "
    + "scribbled on weigh more"
  public var weight = 1.0
  /// Exponent of the pixels' weights: how strongly pixels that are often annotated or already learnt are weighted down,
  /// 0...10.
  public var gamma = 2.0

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    try blpLoss(image.logits, scribbleLogits: try image.scribbleLogits, labels: image.supervision, gamma: gamma)
      / Double(image.batch.images)
  }
}

/// The BLP loss: cross entropy over supervised pixels, each weighted with w = (1 - U_c P_c)^gamma (Docs/Method.md,
/// "Losses").
///
/// Pixels that are probably annotated and already learnt count less, rare annotations more. `logits` are z,
/// `[N, C, H, W]`, `scribbleLogits` u, `[N, C + 1, H, W]`; `labels` int64 `[N, H, W]`, of which only those below C take
/// part. Per image the weighted mean is taken, an image without supervision giving 0; then the mean over images. No
/// gradient flows through the weights. With gamma = 0 this is plain partial cross entropy.
public func blpLoss(
  _ logits: Tensor, scribbleLogits: Tensor, labels: Tensor, gamma: Double
) throws(TorchError) -> Tensor {
  let classes = logits.shape[1]
  let supervised = try labels.isLess(than: Double(classes))
  let index = try labels.filled(where: supervised.logicalNot(), with: 0).unsqueezed(1)
  let logProbability = try logits.logSoftmax(1).gathered(1, index).squeezed(1)
  let weight = try withoutGradient { () throws(TorchError) in
    let annotation = try scribbleLogits.logSoftmax(1).gathered(1, index).squeezed(1)
    let familiar = try (annotation + logProbability).exponential()
    return try (1 - familiar).power(gamma) * supervised.to(logits.type)
  }
  let perImage = try (weight * logProbability).sum([1, 2]) / (weight.sum([1, 2]) + 1e-7)
  return try -perImage.mean()
}

/// The number of labelled pixels of each class in a batch, counted when a loss first asks for it.
package final class LabelCounts {
  private let counts: LazyTensor

  /// `count` returns a float64 tensor `[C]` on the labels' device; it is called at most once.
  package init(_ count: @escaping () throws -> Tensor) { counts = LazyTensor(count) }

  /// Those of `labels`, int64 of any shape: 0..<C, C for "unlabelled", or `BatchLabel.ignored`.
  package convenience init(of labels: Tensor, classCount: Int) {
    self.init { try Self.counts(of: labels, classCount: classCount) }
  }

  /// Float64 `[C]`; without gradient.
  package func callAsFunction() throws -> Tensor { try counts() }

  /// The labelled pixels of each of C classes among `labels`, float64 `[C]`.
  package static func counts(of labels: Tensor, classCount: Int) throws(TorchError) -> Tensor {
    try labels.occurrences(below: BatchLabel.ignored + 1).sliced(0, 0, classCount).to(.float64)
  }
}

/// A tensor that is computed when it is first asked for.
final class LazyTensor {
  private let make: () throws -> Tensor
  private var made: Tensor?

  init(_ make: @escaping () throws -> Tensor) { self.make = make }

  func callAsFunction() throws -> Tensor {
    if let made { return made }
    let tensor = try make()
    made = tensor
    return tensor
  }
}
