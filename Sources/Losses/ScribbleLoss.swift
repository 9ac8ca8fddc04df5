import Tensors

/// `scribbleLoss` as a part of the objective.
public struct ScribbleLoss: Loss, Equatable {
  package let name = "scribble"
  package let explanation = "telling which pixels are scribbled on, with which class"
  public var weight = 1.0

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    try scribbleLoss(
      image.scribbleLogits, image.labels, classWeight: image.batch.scribbleClassWeight,
      totalWeight: image.batch.scribbleWeight)
  }
}

/// Cross entropy of the annotation map: which class, if any, is scribbled on each pixel (Docs/Method.md, "Losses").
///
/// `logits` are u, `[N, C + 1, H, W]`; `labels` int64 `[N, H, W]` with C for "unlabelled" and 255 left out;
/// `classWeight` is `[C + 1]`. The weighted sum is divided by `totalWeight`, without dimensions, or where it is nil by
/// the weight of these labels, which gives the weighted mean. Where the weight is 0, as of labels that are all ignored,
/// the loss is 0, and so is its gradient.
public func scribbleLoss(
  _ logits: Tensor, _ labels: Tensor, classWeight: Tensor, totalWeight: Tensor? = nil
) throws(TorchError) -> Tensor {
  let reduction = 2  // LibTorch's number of the sum
  let weight = try classWeight.to(logits.type)
  let sum = try Operator.crossEntropyLoss(logits, labels, weight, reduction, BatchLabel.ignored)
  let weights = if let totalWeight { totalWeight } else { try scribbleWeight(labels, classWeight: classWeight) }
  let total = try weights.to(logits.type)
  return try sum / total.filled(where: total.isEqual(to: 0), with: 1)
}

/// The weight of labels in the scribble loss: the sum of `classWeight`, `[C + 1]`, over `labels`, int64 `[N, H, W]`
/// without those that are 255. A float64 tensor without dimensions.
package func scribbleWeight(_ labels: Tensor, classWeight: Tensor) throws(TorchError) -> Tensor {
  let isIgnored = try labels.isEqual(to: BatchLabel.ignored)
  let weights = try classWeight.to(.float64).taken(at: labels.filled(where: isIgnored, with: 0))
  return try weights.filled(where: isIgnored, with: 0).sum()
}

extension Operator {
  static let crossEntropyLoss = Operator("cross_entropy_loss")
}

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
  package let name = "partial"
  package let title = "partial cross entropy"
  package let explanation = "labelling the scribbled pixels"
  public var weight = 0.0
  /// The largest weight of a class, 1...100; 1 weights all alike.
  public var classWeightLimit = 1.0

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
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

extension Tensor {
  /// The mean of the elements at which `mask`, of this shape, is true or 1; 0, with a gradient of 0, where it is so
  /// nowhere. Elements are finite.
  func mean(where mask: Tensor) throws(TorchError) -> Tensor {
    let mask = try mask.to(type)
    return try (self * mask).sum().perOne(of: mask.sum())
  }

  /// The quotient by a count, which has no dimensions; 0 where the count, and with it this sum, is 0.
  func perOne(of count: Tensor) throws(TorchError) -> Tensor {
    let count = try count.to(type)
    return try self / count.filled(where: count.isEqual(to: 0), with: 1)
  }
}
