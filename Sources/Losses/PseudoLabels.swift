import Tensors

/// Supervision for self-training: the scribbles, and elsewhere the network's own confident answers (Docs/Method.md,
/// "Losses").
///
/// `logits` are z `[N, C, H, W]`, `labels` int64 `[N, H, W]` with C for "unlabelled", `classPresent` `[N, C, 1, 1]`
/// tells which classes occur in each image. Returns int64 `[N, H, W]`: where nothing is scribbled the most probable
/// class among those present, or 255 where its probability is below `threshold`. Ignored pixels stay ignored.
public func segmentationPseudoLabels(
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
public func scribblePseudoLabels(
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
