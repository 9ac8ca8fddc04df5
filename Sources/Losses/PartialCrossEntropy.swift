import Tensors

/// Cross entropy on the scribbles alone (Docs/Method.md, "Further losses").
///
/// With labelled pixels i of the whole batch, of class y_i, and weights w of classes,
///
///     - sum over i of w_(y_i) log P_(y_i) / sum over i of w_(y_i)
///
/// Tang et al., "Normalized Cut Loss for Weakly-Supervised CNN Segmentation" (CVPR 2018), there with w = 1.
/// Here w_c = min(limit, sqrt(n / n_c)), where n_c counts the batch's labelled pixels of class c and n those of the most
/// frequent class.
public struct PartialCrossEntropy: Loss, Equatable {
  public let name = "partial"
  public let title = "partial cross entropy"
  public let explanation = "labelling the scribbled pixels"
  public var weight = 0.0
  /// The largest weight of a class, 1...100; 1 weights all alike.
  public var classWeightLimit = 1.0

  public init() {}

  public func callAsFunction(_ image: LossInput) throws -> Tensor {
    let counts = try image.batch.labelCounts()
    let weights = try withoutGradient { try classWeights(counts) }
    let classes = image.logits.shape[1]
    let isUnlabelled = try image.labels.isAtLeast(Double(classes))
    let labels = try image.labels.filled(where: isUnlabelled, with: Double(BatchLabel.ignored))
    let reduction = 2  // LibTorch's number of the sum
    let sum = try Operator.crossEntropyLoss(
      image.logits, labels, weights.to(image.logits.type), reduction, BatchLabel.ignored)
    return try sum.perOne(of: (weights * counts).sum())
  }

  /// The weight of each class by its count, `[C]`.
  private func classWeights(_ counts: Tensor) throws(TorchError) -> Tensor {
    let present = try counts.filled(where: counts.isEqual(to: 0), with: 1)
    return try (counts.maximum(0).values / present).squareRoot().clamped(nil, classWeightLimit)
  }
}
