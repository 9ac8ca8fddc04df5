import Batches
import Checkpoints
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
  /// `[N, C]`, where the network has a classifier of tags.
  let tagLogits: Tensor?

  /// A number whose gradient with respect to everything that `prediction` was computed from is that of the losses.
  func root(_ prediction: NetworkOutput) throws -> Tensor {
    let root =
      try (prediction.aggregated * aggregated).sum()
      + (prediction.scribbleScores.to(scribbleScores.type) * scribbleScores).sum()
    guard let logits = prediction.tagLogits, let tagLogits else { return root }
    return try root + (logits.to(tagLogits.type) * tagLogits).sum()
  }
}

extension TrainingStep {
  /// The losses of this process's images, `[N * losses]`, image by image, and their gradients as the backward pass takes them.
  ///
  /// `photographs` are normalised, `[N, 3, H, W]`; `labels` are the scribbles, `[N, H, W]`; `classPresent` is
  /// `[N, C, 1, 1]`.
  func losses(
    _ prediction: NetworkOutput, of photographs: Tensor, _ labels: Tensor, classPresent: Tensor, iteration: Int
  ) throws -> (values: Tensor?, ScoreGradients) {
    let stride = objective.stride
    let teacherScores = try objective.teacherScores(of: photographs, iteration: iteration)
    let labels = try reducedLabels(labels, classCount: network.architecture.classCount, side: stride)
    let photographs = stride == 1 ? photographs : try photographs.averagePooled(stride)
    let (images, height, width) = (labels.shape[0], labels.shape[1], labels.shape[2])
    let batch = LossBatch(
      images: images, scribbleClassWeight: network.scribbleClassWeight,
      scribbleWeight: try scribbleWeight(ofBatch: labels), labelCounts: labelCounts(ofBatch: labels),
      normalization: network.architecture.normalization, stride: stride)
    // Losses are computed in at least 32 bits also where autocast's scores come as they are, without local aggregation.
    let type: ElementType = prediction.aggregated.type == .float64 ? .float64 : .float32
    var values: [Tensor] = []
    var gradients: (aggregated: [Tensor], scribbleScores: [Tensor], tags: [Tensor]) = ([], [], [])
    for image in 0..<images {
      func this(_ tensor: Tensor) throws -> Tensor { try tensor.sliced(0, image, image + 1) }
      let aggregated = try this(prediction.aggregated).to(type).detached().requiringGradient()
      let scribbleScores = try this(prediction.scribbleScores).to(type).detached().requiringGradient()
      let tagLogits = try prediction.tagLogits.map { try this($0).to(type).detached().requiringGradient() }
      let (sum, parts) = try objective(
        LossInput(
          logits: aggregated.resizedBilinear(height: height, width: width),
          scribbleLogits: try scribbleScores.resizedBilinear(height: height, width: width), tagLogits: tagLogits,
          teacherLogits: teacherScores.map { try this($0).to(type).resizedBilinear(height: height, width: width) },
          photograph: this(photographs), features: this(prediction.decoded).detached(), labels: this(labels),
          classPresent: this(classPresent), batch: batch),
        iteration: iteration)
      try (scaler?.scaled(sum) ?? sum).backward()
      values += try parts.map { try $0.reshaped([1]) }
      gradients.aggregated.append(try aggregated.gradient ?? aggregated.zerosAlike())
      gradients.scribbleScores.append(try scribbleScores.gradient ?? scribbleScores.zerosAlike())
      if let tagLogits { gradients.tags.append(try tagLogits.gradient ?? tagLogits.zerosAlike()) }
    }
    return (
      values.isEmpty ? nil : try .concatenated(values, 0),
      ScoreGradients(
        aggregated: try .concatenated(gradients.aggregated, 0),
        scribbleScores: try .concatenated(gradients.scribbleScores, 0),
        tagLogits: gradients.tags.isEmpty ? nil : try .concatenated(gradients.tags, 0))
    )
  }

  /// The losses of the whole batch from those of this process's images, which this waits for.
  func lossValues(_ values: Tensor?) throws -> LossValues {
    let count = objective.losses.count
    var sums = Array(repeating: 0.0, count: count)
    for (index, value) in try (values?.doubles() ?? []).enumerated() { sums[index % count] += value }
    return LossValues(objective.losses.map(\.name), try meanOverProcesses(sums))
  }

  /// The divisor of the scribble loss's sum; the mean over the processes is then the weighted mean over the whole batch.
  private func scribbleWeight(ofBatch labels: Tensor) throws -> Tensor {
    let weight = try Losses.scribbleWeight(labels, classWeight: network.scribbleClassWeight)
    guard let group else { return weight }
    try group.sum(weight)
    return try weight / Double(group.count)
  }

  /// The labelled pixels of each class; the sum over the processes, which is the same in all, divided by their number.
  private func labelCounts(ofBatch labels: Tensor) -> LabelCounts {
    LabelCounts { [group, classes = network.architecture.classCount] in
      let counts = try LabelCounts.counts(of: labels, classCount: classes)
      guard let group else { return counts }
      try group.sum(counts)
      return try counts / Double(group.count)
    }
  }

  private func meanOverProcesses(_ values: [Double]) throws -> [Double] {
    guard let group else { return values }
    return try group.sums(values).map { $0 / Double(group.count) }
  }
}

/// A loss that is infinite or not a number; the run cannot go on from it.
public struct NonFiniteLoss: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is known of how it came about.
  package enum Cause: Equatable, Sendable {
    /// Parameters were no numbers before the step.
    case parameters(NonFiniteTensors)
    /// Nothing has been learnt yet.
    case start
    case unknown
  }

  package let iteration: Int
  /// The images of the batch.
  package let ids: [String]
  package let losses: LossValues
  package let cause: Cause

  public var description: String {
    let found = """
      The loss of iteration \(iteration) is not finite (\(losses)) on the batch \(ids.joined(separator: ", "))
      """
    return switch cause {
    case .parameters(let fault):
      "\(found), since \(fault) of the network: continue from the last checkpoint with a lower training.learning_rate."
    case .start:
      "\(found), before anything was learnt, so that the learning rate is not to blame: look at these images, at "
        + "model.backbone_weights and at training.precision."
    case .unknown: "\(found): look at these images, or lower training.learning_rate."
    }
  }
}

extension TrainingStep {
  /// The error for losses of which one is not finite.
  func nonFiniteLoss(_ losses: LossValues, _ batch: Batch, iteration: Int) throws -> NonFiniteLoss {
    // Running statistics have seen this batch already, and prove nothing.
    let fault = try NonFiniteTensors(network.store.parameters.map { ($0.name, $0.tensor) })
    let isStart = try optimizer.updateCount() == 0
    return NonFiniteLoss(
      iteration: iteration, ids: batch.ids, losses: losses,
      cause: fault.map { .parameters($0) } ?? (isStart ? .start : .unknown))
  }
}
