import Losses
import Networks
import Tensors

/// The gradient of a batch's losses with respect to the network's scores on the decoder's grid.
///
/// Scores at the images' size, and what the losses make of them, are the largest tensors of a step. They are made and
/// differentiated image by image before the backward pass through the network begins, so that they exist for one image
/// at a time, and none of them beside the network's own gradients.
struct ScoreGradients {
  /// `[N, C, h, w]`
  let aggregated: Tensor
  /// `[N, C + 1, h, w]`
  let scribbleScores: Tensor

  /// A number whose gradient with respect to everything that `prediction` was computed from is that of the losses.
  func root(_ prediction: NetworkOutput) throws(TorchError) -> Tensor {
    try (prediction.aggregated * aggregated).sum()
      + (prediction.scribbleScores.to(scribbleScores.type) * scribbleScores).sum()
  }
}

extension TrainingStep {
  /// The losses of this process's images, and their gradients as the backward pass takes them.
  ///
  /// `labels` are the scribbles, `[N, H, W]`; with `isSelfTraining` confident predictions are supervision as well, among
  /// the classes that are present, `[N, C, 1, 1]`.
  func losses(
    _ prediction: NetworkOutput, _ labels: Tensor, classPresent: Tensor, isSelfTraining: Bool
  ) throws -> (Losses, ScoreGradients) {
    let (images, height, width) = (labels.shape[0], labels.shape[1], labels.shape[2])
    let totalWeight = try totalWeight(of: labels)
    var (scribbleSum, segmentationSum) = (0.0, 0.0)
    var gradients: (aggregated: [Tensor], scribbleScores: [Tensor]) = ([], [])
    for image in 0..<images {
      func this(_ tensor: Tensor) throws(TorchError) -> Tensor { try tensor.sliced(0, image, image + 1) }
      let labels = try this(labels)
      let aggregated = try this(prediction.aggregated).detached().requiringGradient()
      let scribbleScores = try this(prediction.scribbleScores).to(aggregated.type).detached().requiringGradient()
      let logits = try aggregated.resizedBilinear(height: height, width: width)
      let scribbleLogits = try scribbleScores.resizedBilinear(height: height, width: width)
      let supervision =
        isSelfTraining
        ? try segmentationPseudoLabels(
          logits, labels: labels, classPresent: this(classPresent), threshold: configuration.selfTrainingThreshold)
        : labels
      let scribble = try scribbleLoss(
        scribbleLogits, labels, classWeight: network.scribbleClassWeight, totalWeight: totalWeight)
      let segmentation =
        try blpLoss(
          logits, scribbleLogits: scribbleLogits, labels: supervision, gamma: configuration.gamma) / Double(images)
      try scaled(scribble + segmentation).backward()
      scribbleSum += try scribble.item()
      segmentationSum += try segmentation.item()
      gradients.aggregated.append(try aggregated.gradient ?? aggregated.zerosAlike())
      gradients.scribbleScores.append(try scribbleScores.gradient ?? scribbleScores.zerosAlike())
    }
    return (
      try shared(Losses(scribble: scribbleSum, segmentation: segmentationSum)),
      ScoreGradients(
        aggregated: try .concatenated(gradients.aggregated, 0),
        scribbleScores: try .concatenated(gradients.scribbleScores, 0))
    )
  }

  private func scaled(_ loss: Tensor) throws(TorchError) -> Tensor { try scaler?.scaled(loss) ?? loss }

  /// What the sum of the scribble loss is divided by, so that the mean over the processes is the weighted mean over the
  /// whole batch.
  private func totalWeight(of labels: Tensor) throws(TorchError) -> Tensor {
    let weight = try scribbleWeight(labels, classWeight: network.scribbleClassWeight)
    guard let group else { return weight }
    try group.sum(weight)
    return try weight / Double(group.count)
  }

  /// The losses of the whole batch: the means over the processes.
  private func shared(_ losses: Losses) throws(TorchError) -> Losses {
    guard let group else { return losses }
    let sums = try group.sums([losses.scribble, losses.segmentation])
    return Losses(scribble: sums[0] / Double(group.count), segmentation: sums[1] / Double(group.count))
  }
}
