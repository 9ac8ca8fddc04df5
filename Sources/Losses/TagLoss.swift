import Foundation
import Tensors

/// Classification of the image by its pooled class scores (Docs/Method.md, "Further losses").
///
/// With sharpness r, and pixels i of the image without its padding, n of them,
///
///     s_c = log (sum over i of exp(r z_ic) / n) / r
///     loss = mean over c of log (1 + exp(-s_c)) for classes that are there, log (1 + exp(s_c)) for those that are not
///
/// Pinheiro and Collobert, "From Image-Level to Pixel-Level Labeling with Convolutional Networks" (CVPR 2015), with r = 5;
/// the limit r = 0 is the mean of the scores. What the scribbles say of tags: a class is there if the crop shows a scribble
/// of it, and is not where the whole photograph has none. Of a class that is scribbled outside of the crop alone, and of a
/// background without a scribble, nothing is known, and it takes no part.
public struct TagLoss: Loss, Equatable {
  package let name = "tags"
  package let title = "tag loss"
  package let explanation = "telling which classes the photograph has"
  public var weight = 0.0
  package var needsHost: Bool { true }
  /// r, 0...20.
  public var sharpness = 5.0

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    let isPadding = try image.labels.isEqual(to: BatchLabel.ignored)
    let count = try isPadding.logicalNot().to(.float64).sum().item()
    guard count > 0 else { return try image.logits.sum() * 0 }
    let scores = try pooled(image.logits, isPadding.unsqueezed(1), count)
    return try image.tagSurprise(scores)
  }

  /// s, `[C]`, of logits `[1, C, H, W]`.
  private func pooled(_ logits: Tensor, _ isPadding: Tensor, _ count: Double) throws(TorchError) -> Tensor {
    if sharpness == 0 {
      return try (logits.filled(where: isPadding, with: 0).sum([2, 3]) / count).reshaped([-1])
    }
    let sums = try (logits.filled(where: isPadding, with: -.infinity) * sharpness).logSumExp([2, 3])
    return try ((sums + -log(count)) / sharpness).reshaped([-1])
  }
}

/// The same for the network's own classifier of tags, s_c being its logits (Docs/Method.md, "Further losses").
public struct TagClassifierLoss: Loss, Equatable {
  package let name = "classifier"
  package let title = "tag classifier loss"
  package let explanation = "the classifier's telling which classes the photograph has"
  public var weight = 0.0

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    guard let logits = image.tagLogits else { return try image.logits.sum() * 0 }
    return try image.tagSurprise(logits.reshaped([-1]))
  }
}

extension LossInput {
  /// The binary cross entropy of scores `[C]` of the classes that are scribbled on this part of the photograph, and of those
  /// that are absent from all of it; the mean over these.
  fileprivate func tagSurprise(_ scores: Tensor) throws(TorchError) -> Tensor {
    let classes = scores.shape[0]
    let isThere = try LabelCounts.counts(of: labels, classCount: classes).isAtLeast(1).to(scores.type)
    let isAbsent = try classPresent.reshaped([classes]).isEqual(to: 0).to(scores.type)
    let errors = try (-scores).softplus() * isThere + scores.softplus() * isAbsent
    return try errors.sum().perOne(of: (isThere + isAbsent).sum()) / Double(batch.images)
  }
}

/// Probability on classes that are not in the image is an error at every pixel, scribbled or not (Docs/Method.md, "Further
/// losses").
///
/// With M the classes present, and i over all pixels of the image but its padding,
///
///     - mean over i of log (sum over c in M of P_ic)
///
/// It supposes that each class of a photograph is scribbled. The term is the marginal likelihood of a partial label
/// (Cour et al., "Learning from Partial Labels", JMLR 12, 2011) whose candidates are the image's classes.
public struct AbsentClassLoss: Loss, Equatable {
  package let name = "absent"
  package let title = "absent-class loss"
  package let explanation = "answering with classes that the photograph does not have"
  public var weight = 0.0

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    let isAbsent = try image.classPresent.isEqual(to: 0)
    let present = try image.logits.filled(where: isAbsent, with: -.infinity)
    let surprise = try image.logits.logSumExp([1]) - present.logSumExp([1])
    let isInside = try image.labels.isEqual(to: BatchLabel.ignored).logicalNot()
    return try surprise.mean(where: isInside) / Double(image.batch.images)
  }
}
