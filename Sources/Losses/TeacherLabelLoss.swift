import Tensors

/// Cross entropy at unlabelled pixels with a teacher's soft labels (Docs/Method.md, "Further losses").
///
/// With Q the teacher's probabilities over the classes present in the image, of which those of absent classes are 0,
///
///     - mean over i of [largest Q_ic >= threshold] sum over c of Q_ic log P_ic
///
/// where i are all unlabelled pixels. A teacher for consistency is Tarvainen and Valpola's (NIPS 2017); counting as 0 where
/// it is not sure, in a mean over all pixels, is Sohn et al.'s, "FixMatch" (NeurIPS 2020). Without gradient to the teacher; 0
/// as long as there is none.
public struct TeacherLabelLoss: Loss, Equatable {
  public let name = "teacher"
  public let title = "teacher loss"
  public let explanation = "answering otherwise than the teacher where it is sure and nothing is scribbled"
  public var weight = 0.0
  /// The probability that the teacher's likeliest class needs, 0...1.
  public var threshold = 0.7

  public init() {}

  public func callAsFunction(_ image: LossInput) throws -> Tensor {
    guard let teacher = image.teacherLogits else { return try image.logits.sum() * 0 }
    let isUnlabelled = try image.labels.isEqual(to: image.logits.shape[1])
    let target = try withoutGradient { () throws(TorchError) in
      let probability = try teacher.filled(where: image.classPresent.isEqual(to: 0), with: -.infinity).softmax(1)
      let isSure = try probability.maximum(1).values.isAtLeast(threshold)
      return try probability * isSure.unsqueezed(1).to(probability.type)
    }
    let surprise = try -(target.to(image.logits.type) * image.logits.logSoftmax(1)).sum([1])
    return try surprise.mean(where: isUnlabelled) / Double(image.batch.images)
  }
}
