import Tensors

/// Mean entropy of the class probabilities at unlabelled pixels (Docs/Method.md, "Further losses").
///
///     - mean over i of sum over c of P_ic log P_ic
///
/// Grandvalet and Bengio, "Semi-supervised Learning by Entropy Minimization" (NIPS 2004): the conditional entropy.
public struct EntropyLoss: Loss, Equatable {
  public let name = "entropy"
  public let title = "entropy"
  public let explanation = "being undecided where nothing is scribbled"
  public var weight = 0.0

  public init() {}

  public func callAsFunction(_ image: LossInput) throws -> Tensor {
    let logProbability = try image.logits.logSoftmax(1)
    let entropy = try -(logProbability.exponential() * logProbability).sum([1])
    let isUnlabelled = try image.labels.isEqual(to: image.logits.shape[1])
    return try entropy.mean(where: isUnlabelled) / Double(image.batch.images)
  }
}
