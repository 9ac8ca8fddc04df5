import Batches
import Layers
import Losses
import Networks
import Processes
import Tensors

/// One step of training: predictions, losses, gradients, update.
///
/// Where several processes share a batch, each takes the step with its part; losses, gradients and statistics are those
/// of the whole batch.
package final class TrainingStep {
  /// The outputs of a step before its update, without gradients.
  struct Outputs {
    /// The scribbles, int64 `[N, H, W]`.
    let labels: Tensor
    /// z, `[N, C, H, W]`.
    let logits: Tensor
    /// u, `[N, C + 1, H, W]`, where the objective learns them.
    let scribbleLogits: Tensor?
  }

  package let network: any SegmentationNetwork
  /// The network that validates and predicts: the average of `network`, where there is one.
  package var predicting: any SegmentationNetwork { (objective.teacher as? MeanTeacher)?.average ?? network }
  package let objective: Objective
  package let optimizer: AdamW
  package let scaler: GradientScaler?
  /// Everything that a checkpoint keeps beside the network, in the order in which it is restored; losses, the source of
  /// labels and the teacher are among them where they have a state.
  let parts: [any Checkpointed]
  let device: Device
  let group: ProcessGroup?
  private let schedule: PolynomialSchedule
  private let precision: Precision
  /// Steps at the beginning in which the backbone stays as it is.
  private let headSteps: Int
  /// Draws the channels that dropout drops.
  private let generator: Generator
  private let reducer: GradientReducer?
  /// What repeats the passes of steps on CUDA; nil where they are taken one operator at a time.
  private let graph: StepGraph?

  /// `seed` is that of dropout; `group` is nil where this process trains alone.
  package init(
    _ network: any SegmentationNetwork, _ objective: Objective, _ configuration: TrainingConfiguration,
    schedule: PolynomialSchedule,
    seed: UInt64, on device: Device, _ group: ProcessGroup? = nil
  ) throws {
    self.network = network
    self.objective = objective
    self.schedule = schedule
    self.device = device
    self.group = group
    precision = configuration.precision
    headSteps = Int((configuration.headFirst * Double(schedule.iterations)).rounded())
    reducer = group.map { GradientReducer(network.store.parameters.map(\.tensor), $0) }
    generator = try Generator(seed: seed, device: device)
    let isRecorded =
      configuration.usesGraphs && group == nil && !objective.needsHost && DeviceGraph.isPossible(on: device)
    graph =
      isRecorded ? StepGraph(on: device, drawingFrom: generator, network.store.parameters.map(\.tensor)) : nil
    optimizer = try AdamW(network.store.parameters, configuration.optimizer)
    scaler = precision == .float16 ? try GradientScaler(on: device) : nil
    let learning: [any Checkpointed] = [optimizer] + (scaler.map { [$0] } ?? []) + [GeneratorState(generator)]
    let labels = (objective.labels as? any Checkpointed).map { [$0] } ?? []
    let teacher = (objective.teacher as? any Checkpointed).map { [$0] } ?? []
    parts = learning + objective.losses.compactMap { $0 as? any Checkpointed } + labels + teacher
  }

  /// Trains on one batch at `iteration`, counted from 0.
  ///
  /// Throws `NonFiniteLoss` before anything is changed but the running statistics of batch normalisation.
  package func callAsFunction(_ batch: Batch, iteration: Int) throws -> LossValues {
    try callAsFunction(batch, iteration: iteration, observing: nil)
  }

  /// The same; `observe` is given the step's outputs.
  func callAsFunction(
    _ batch: Batch, iteration: Int, observing observe: ((Outputs) throws -> Void)?
  ) throws -> LossValues {
    optimizer.clearGradients()
    let classPresent = try batch.classPresent.to(device)
    if let seen = network.seenPhotographs { try count(classPresent, in: seen) }
    let image = try batch.image.to(device).to(network.scribbleClassWeight.type)
    let labels = try batch.label.to(device)
    let inputs = StepInputs(photographs: image, labels: labels, classPresent: classPresent)
    let values: Tensor?
    if let graph, observe == nil {
      let kind = StepGraph.Kind(
        shape: image.shape, freezesBackbone: iteration < headSteps,
        learnsFromTeacher: objective.labels.learnsFromTeacher(at: iteration))
      values = try graph.losses(of: kind, inputs) { try passes($0, iteration: iteration, observing: nil) }
    } else {
      values = try passes(inputs, iteration: iteration, observing: observe)
    }
    let losses = try lossValues(values)
    guard losses.total.isFinite else { throw try nonFiniteLoss(losses, batch, iteration: iteration) }
    if try scaler?.unscale(optimizer.gradients) ?? true {
      try optimizer.step(learningRate: learningRate(at: iteration))
      for part in parts { try part.weightsDidChange() }
    }
    return losses
  }

  /// The losses of this process's images, as `losses` has them, and the gradients of all parameters, which have none before.
  private func passes(
    _ inputs: StepInputs, iteration: Int, observing observe: ((Outputs) throws -> Void)?
  ) throws -> Tensor? {
    let prediction = try withAutocast(precision.autocastType, on: device) {
      var mode = Mode.training(across: group, drawingFrom: generator)
      if iteration < headSteps { mode = mode.withFrozenBackbone }
      // In 16 bits a GPU has memory for what others compute again.
      if device.kind == .cuda, precision.autocastType != nil { mode = mode.withoutRecomputation }
      return try network(inputs.photographs, mode)
    }
    if let observe {
      try observe(
        try withoutGradient {
          Outputs(
            labels: inputs.labels, logits: try prediction.logits(),
            scribbleLogits: objective.losses.learnScribbles ? try prediction.scribbleLogits() : nil)
        })
    }
    let (values, gradients) = try losses(
      prediction, of: inputs.photographs, inputs.labels, classPresent: inputs.classPresent, iteration: iteration)
    // A GPU computes gradients before it is asked for numbers, which means to wait for it.
    try backward(from: gradients.root(prediction), iteration: iteration)
    return values
  }

  /// The learning rate at `iteration`, counted from 0, before the factors of parameter groups.
  func learningRate(at iteration: Int) -> Double { schedule.learningRate(at: iteration) }

  /// Adds the photographs of the whole batch, of which `classPresent`, `[N, C, 1, 1]`, holds this process's, to those seen.
  private func count(_ classPresent: Tensor, in seen: Tensor) throws {
    let number = try Tensor.filled(Double(classPresent.shape[0]), [1], classPresent.type, on: device)
    let counts = try Tensor.concatenated([classPresent.sum([0]).reshaped([-1]), number], 0)
    try group?.sum(counts)
    try withoutGradient { try seen.add(counts.to(seen.type)) }
  }

  private func backward(from loss: Tensor, iteration: Int) throws {
    if iteration == headSteps { reducer?.participantsWillChange() }
    if let reducer { try reducer.backward(from: loss) } else { try loss.backward() }
  }
}

/// What the passes of a training step read, on the device.
struct StepInputs {
  /// Normalised, `[N, 3, H, W]`.
  let photographs: Tensor
  /// The scribbles, int64 `[N, H, W]`.
  let labels: Tensor
  /// `[N, C, 1, 1]`
  let classPresent: Tensor

  fileprivate func copy(from other: StepInputs) throws {
    try withoutGradient {
      try photographs.copy(from: other.photographs)
      try labels.copy(from: other.labels)
      try classPresent.copy(from: other.classPresent)
    }
  }
}

/// The passes of training steps through the network, forward and backward, on CUDA: recorded after some steps of a kind, and
/// from then on done again as a whole.
final class StepGraph {
  /// Steps that are alike for a recording.
  struct Kind: Equatable {
    let shape: [Int]
    let freezesBackbone: Bool
    let learnsFromTeacher: Bool
  }

  private struct Recording {
    let graph: DeviceGraph
    let inputs: StepInputs
    let losses: Tensor?
    let gradients: [(parameter: Tensor, gradient: Tensor)]
  }

  /// Steps of a kind that are taken one operator at a time before one is recorded: LibTorch chooses its algorithms in them.
  private static let stepsBefore = 2

  private let device: Device
  private let generator: Generator
  private let parameters: [Tensor]
  private var kind: Kind?
  private var steps = 0
  private var recording: Recording?
  /// Whether CUDA refused a recording; the passes are then taken as on other devices.
  private var isRefused = false

  /// `generator` is what the passes draw from; `parameters` are those whose gradients they make.
  init(on device: Device, drawingFrom generator: Generator, _ parameters: [Tensor]) {
    (self.device, self.generator, self.parameters) = (device, generator, parameters)
  }

  /// The losses that `passes` returns for `inputs`, with the gradients of the parameters, which have none before.
  func losses(
    of kind: Kind, _ inputs: StepInputs, _ passes: (StepInputs) throws -> Tensor?
  ) throws -> Tensor? {
    if kind != self.kind {
      recording = nil
      (self.kind, steps) = (kind, 0)
    }
    steps += 1
    if recording == nil, steps > Self.stepsBefore, !isRefused { try record(inputs, passes) }
    guard let recording else { return try passes(inputs) }
    try recording.inputs.copy(from: inputs)
    try recording.graph.replay()
    for (parameter, gradient) in recording.gradients { parameter.setGradient(gradient) }
    return recording.losses
  }

  private func record(_ inputs: StepInputs, _ passes: (StepInputs) throws -> Tensor?) throws {
    let kept = try withoutGradient {
      StepInputs(
        photographs: try inputs.photographs.cloned(), labels: try inputs.labels.cloned(),
        classPresent: try inputs.classPresent.cloned())
    }
    var losses: Tensor?
    do {
      let graph = try DeviceGraph(on: device, drawingFrom: [generator]) { losses = try passes(kept) }
      recording = Recording(
        graph: graph, inputs: kept, losses: losses,
        gradients: parameters.compactMap { parameter in parameter.gradient.map { (parameter, $0) } })
    } catch let error as TorchError where !error.isOutOfMemory {
      isRefused = true
    }
    for parameter in parameters { parameter.clearGradient() }
  }
}
