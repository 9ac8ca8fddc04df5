import Tensors

/// Where the labels come from that the segmentation learns from.
package protocol LabelSource {
  /// Labels of one image as `LossInput.labels` are, at an iteration counted from 0. Iterations at which `learnsFromTeacher` is
  /// alike are treated alike.
  func supervision(for image: LossInput, at iteration: Int) throws -> Tensor

  /// Whether a teacher's answers take part at an iteration; by default they do not.
  func learnsFromTeacher(at iteration: Int) -> Bool
}

extension LabelSource {
  package func learnsFromTeacher(at iteration: Int) -> Bool { false }
}

/// A network whose answers become pseudo labels, in place of the one that learns.
package protocol Teacher {
  /// Class scores of normalised photographs `[N, 3, H, W]` on a grid of its own, `[N, C, h, w]`, without gradient.
  func scores(of photographs: Tensor) throws -> Tensor
}

/// The scribbles, and from some iteration on the confident answers of the teacher elsewhere, which is the network itself
/// where there is no other.
package struct SelfTraining: LabelSource, Sendable {
  /// The first iteration that learns from pseudo labels, counted from 0.
  package let start: Int
  /// The probability that a pseudo label needs, 0...1.
  package let threshold: Double

  package init(from start: Int, threshold: Double) {
    self.start = start
    self.threshold = threshold
  }

  package func learnsFromTeacher(at iteration: Int) -> Bool { iteration >= start }

  package func supervision(for image: LossInput, at iteration: Int) throws -> Tensor {
    guard iteration >= start else { return image.labels }
    return try segmentationPseudoLabels(
      image.teacherLogits ?? image.logits, labels: image.labels, classPresent: image.classPresent, threshold: threshold)
  }
}

/// Supervision for self-training: the scribbles, and elsewhere the network's own confident answers (Docs/Method.md,
/// "Losses").
///
/// `logits` are z `[N, C, H, W]`, `labels` int64 `[N, H, W]` with C for "unlabelled", `classPresent` `[N, C, 1, 1]`
/// tells which classes occur in each image. Returns int64 `[N, H, W]`: where nothing is scribbled the most probable
/// class among those present, or 255 where its probability is below `threshold`. Ignored pixels stay ignored.
package func segmentationPseudoLabels(
  _ logits: Tensor, labels: Tensor, classPresent: Tensor, threshold: Double
) throws(TorchError) -> Tensor {
  try withoutGradient { () throws(TorchError) in
    let best = try (logits.softmax(1) * classPresent.to(logits.type)).maximum(1)
    let doubtful = try best.values.isAtLeast(threshold).logicalNot()
    let confident = try best.indices.filled(where: doubtful, with: Double(BatchLabel.ignored))
    return try Tensor.select(labels.isEqual(to: logits.shape[1]), confident, labels)
  }
}

/// What the annotation map takes each pixel's scribble to be, for display (Docs/Method.md, "Losses").
///
/// `scribbleLogits` are u `[N, C + 1, H, W]`. Returns int64 `[N, H, W]`: scribbled pixels keep their class, others get
/// the most likely one, 255 standing for "no scribble". As published, logits and not probabilities are multiplied
/// by `classPresent`.
package func scribblePseudoLabels(
  _ scribbleLogits: Tensor, labels: Tensor, classPresent: Tensor
) throws(TorchError) -> Tensor {
  try withoutGradient { () throws(TorchError) in
    let classes = scribbleLogits.shape[1] - 1
    let ofClasses = try scribbleLogits.sliced(1, 0, classes) * classPresent.to(scribbleLogits.type)
    let ofNone = try scribbleLogits.sliced(1, classes, classes + 1)
    let best = try Tensor.concatenated([ofClasses, ofNone], 1).argmax(1)
    let shown = try Tensor.select(labels.isLess(than: Double(classes)), labels, best)
    return try shown.filled(where: shown.isEqual(to: classes), with: Double(BatchLabel.ignored))
  }
}
