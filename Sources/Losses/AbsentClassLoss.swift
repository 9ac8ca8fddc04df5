import Tensors

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
  public let name = "absent"
  public let title = "absent-class loss"
  public let explanation = "answering with classes that the photograph does not have"
  public var weight = 0.0

  public init() {}

  public func callAsFunction(_ image: LossInput) throws -> Tensor {
    let isAbsent = try image.classPresent.isEqual(to: 0)
    let present = try image.logits.filled(where: isAbsent, with: -.infinity)
    let surprise = try image.logits.logSumExp([1]) - present.logSumExp([1])
    let isInside = try image.labels.isEqual(to: BatchLabel.ignored).logicalNot()
    return try surprise.mean(where: isInside) / Double(image.batch.images)
  }
}
