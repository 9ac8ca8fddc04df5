import Tensors

/// `scribbleLoss` as a part of the objective.
public struct ScribbleLoss: Loss, Equatable {
  public let name = "scribble"
  public let explanation = "telling which pixels are scribbled on, with which class"
  public var weight = 1.0

  public init() {}

  public func callAsFunction(_ image: LossInput) throws -> Tensor {
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
public func scribbleWeight(_ labels: Tensor, classWeight: Tensor) throws(TorchError) -> Tensor {
  let isIgnored = try labels.isEqual(to: BatchLabel.ignored)
  let weights = try classWeight.to(.float64).taken(at: labels.filled(where: isIgnored, with: 0))
  return try weights.filled(where: isIgnored, with: 0).sum()
}

extension Operator {
  static let crossEntropyLoss = Operator("cross_entropy_loss")
}
