import Tensors

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
