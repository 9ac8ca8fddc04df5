import Batches
import Losses
import Networks
import Tensors

/// One step of training: predictions, losses, gradients, update.
public final class TrainingStep {
  /// Losses of one step, before its update.
  public struct Losses: Sendable, Equatable {
    public let scribble: Double
    public let segmentation: Double
    public var total: Double { scribble + segmentation }
  }

  public let network: BLPSeg
  public let optimizer: AdamW
  public let scaler: GradientScaler?
  private let configuration: TrainingConfiguration
  private let device: Device

  public init(_ network: BLPSeg, _ configuration: TrainingConfiguration, on device: Device) throws(TorchError) {
    self.network = network
    self.configuration = configuration
    self.device = device
    optimizer = try AdamW(network.store.parameters, configuration.optimizer)
    scaler = configuration.precision == .float16 ? try GradientScaler(on: device) : nil
  }

  /// Trains on one batch at `iteration`, counted from 0.
  ///
  /// Throws `NonFiniteLoss` before anything is changed but the running statistics of batch normalisation.
  public func callAsFunction(_ batch: Batch, iteration: Int) throws -> Losses {
    let image = try batch.image.to(device)
    let labels = try batch.label.to(device)
    let prediction = try withAutocast(configuration.precision.autocastType, on: device) {
      try network(image, .training)
    }
    let logits = try prediction.logits()
    let scribbleLogits = try prediction.scribbleLogits()
    let supervision =
      iteration < configuration.selfTrainingStart
      ? labels
      : try segmentationPseudoLabels(
        logits, labels: labels, classPresent: batch.classPresent.to(device),
        threshold: configuration.selfTrainingThreshold)

    let scribble = try scribbleLoss(scribbleLogits, labels, classWeight: network.scribbleClassWeight)
    let segmentation = try blpLoss(
      logits, scribbleLogits: scribbleLogits, labels: supervision, gamma: configuration.gamma)
    let losses = Losses(scribble: try scribble.item(), segmentation: try segmentation.item())
    guard losses.total.isFinite else { throw NonFiniteLoss(iteration: iteration, ids: batch.ids, losses: losses) }
    try update(scribble + segmentation, learningRate: configuration.schedule.learningRate(at: iteration))
    return losses
  }

  private func update(_ loss: Tensor, learningRate: Double) throws {
    optimizer.clearGradients()
    guard let scaler else {
      try loss.backward()
      try optimizer.step(learningRate: learningRate)
      return
    }
    try scaler.scaled(loss).backward()
    if try scaler.unscale(optimizer.gradients) { try optimizer.step(learningRate: learningRate) }
  }
}

/// A loss that is infinite or not a number; the run cannot go on from it.
public struct NonFiniteLoss: Error, Equatable, Sendable, CustomStringConvertible {
  public let iteration: Int
  /// The images of the batch.
  public let ids: [String]
  public let losses: TrainingStep.Losses

  public var description: String {
    """
    The loss of iteration \(iteration) is not finite (scribble \(losses.scribble), segmentation \
    \(losses.segmentation)) on the batch \(ids.joined(separator: ", ")): look at these images, or lower \
    training.learning_rate.
    """
  }
}
