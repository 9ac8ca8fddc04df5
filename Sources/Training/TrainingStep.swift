import Batches
import Networks
import Processes
import Tensors

/// One step of training: predictions, losses, gradients, update.
///
/// Where several processes share a batch, each takes the step with its part; losses, gradients and statistics are those
/// of the whole batch.
public final class TrainingStep {
  /// Losses of one step, before its update.
  public struct Losses: Sendable, Equatable {
    public let scribble: Double
    public let segmentation: Double
    public var total: Double { scribble + segmentation }
  }

  /// What a step computed before its update, without gradients.
  struct Outputs {
    /// The scribbles, int64 `[N, H, W]`.
    let labels: Tensor
    /// z, `[N, C, H, W]`.
    let logits: Tensor
    /// u, `[N, C + 1, H, W]`.
    let scribbleLogits: Tensor
  }

  public let network: BLPSeg
  public let optimizer: AdamW
  public let scaler: GradientScaler?
  let configuration: TrainingConfiguration
  let group: ProcessGroup?
  /// What dropout draws from.
  let generator: Generator
  private let device: Device
  private let reducer: GradientReducer?

  /// `group` is nil where this process is alone.
  public init(
    _ network: BLPSeg, _ configuration: TrainingConfiguration, on device: Device, _ group: ProcessGroup? = nil
  ) throws(TorchError) {
    self.network = network
    self.group = group
    reducer = group.map { GradientReducer(network.store.parameters.map(\.tensor), $0) }
    self.configuration = configuration
    self.device = device
    generator = try Generator(seed: configuration.seed, device: device)
    optimizer = try AdamW(network.store.parameters, configuration.optimizer)
    scaler = configuration.precision == .float16 ? try GradientScaler(on: device) : nil
  }

  /// Trains on one batch at `iteration`, counted from 0.
  ///
  /// Throws `NonFiniteLoss` before anything is changed but the running statistics of batch normalisation.
  public func callAsFunction(_ batch: Batch, iteration: Int) throws -> Losses {
    try callAsFunction(batch, iteration: iteration, observing: nil)
  }

  /// The same; `observe` sees what the step computes.
  func callAsFunction(
    _ batch: Batch, iteration: Int, observing observe: ((Outputs) throws -> Void)?
  ) throws -> Losses {
    optimizer.clearGradients()
    let image = try batch.image.to(device).to(network.scribbleClassWeight.type)
    let labels = try batch.label.to(device)
    let prediction = try withAutocast(configuration.precision.autocastType, on: device) {
      try network(image, .training(across: group, drawingFrom: generator))
    }
    if let observe {
      try observe(
        try withoutGradient {
          Outputs(labels: labels, logits: try prediction.logits(), scribbleLogits: try prediction.scribbleLogits())
        })
    }
    let (losses, gradients) = try losses(
      prediction, labels, classPresent: batch.classPresent.to(device),
      isSelfTraining: iteration >= configuration.selfTrainingStart)
    guard losses.total.isFinite else { throw try nonFiniteLoss(losses, batch, iteration: iteration) }
    try backward(from: gradients.root(prediction))
    if try scaler?.unscale(optimizer.gradients) ?? true {
      try optimizer.step(learningRate: configuration.schedule.learningRate(at: iteration))
    }
    return losses
  }

  private func backward(from loss: Tensor) throws(TorchError) {
    if let reducer { try reducer.backward(from: loss) } else { try loss.backward() }
  }
}
