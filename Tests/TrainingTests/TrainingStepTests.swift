import Batches
import Checkpoints
import Tensors
import TestSupport
import Testing
import Training

@Suite("A training step")
struct TrainingStepTests {
  /// How far losses in 16 bits may lie from those in float32, relative.
  static let tolerance = 0.05

  /// The losses of a first step, and the steps made until one was not left out because gradients overflowed.
  private func learn(
    _ precision: TrainingConfiguration.Precision
  ) throws -> (losses: TrainingStep.Losses, step: TrainingStep) {
    let network = try SmallRun.network(dropout: 0)
    let configuration = SmallRun.configuration(iterations: 100) { $0.precision = precision }
    let step = try TrainingStep(network, configuration, on: .cpu)
    let batch = try #require(try SmallRun.loader().epoch(0).next())
    var factor = try step.scaler?.factor()
    let losses = try step(batch, iteration: 0)
    for iteration in 1..<32 where try step.scaler?.factor() != factor {
      factor = try step.scaler?.factor()
      _ = try step(batch, iteration: iteration)
    }
    return (losses, step)
  }

  @Test(
    "in 16 bits runs on the CPU with losses near those of float32, and learns",
    arguments: [TrainingConfiguration.Precision.bfloat16, .float16])
  func sixteenBits(precision: TrainingConfiguration.Precision) throws {
    let exact = try learn(.float32).losses
    let (losses, step) = try learn(precision)
    #expect((step.scaler != nil) == (precision == .float16))
    #expect(abs(losses.scribble - exact.scribble).isWithin(Self.tolerance * exact.scribble), "\(losses), \(exact)")
    #expect(
      abs(losses.segmentation - exact.segmentation).isWithin(Self.tolerance * exact.segmentation), "\(losses), \(exact)"
    )
    let fresh = try SmallRun.network(dropout: 0).store
    var unchanged: [String] = []
    for entry in step.network.store.parameters {
      #expect(entry.tensor.type == .float32)
      #expect(try entry.tensor.isFinite().all().item() == 1, "\(entry.name)")
      if try entry.tensor.bytes() == fresh[entry.name]?.bytes() { unchanged.append(entry.name) }
    }
    #expect(unchanged.isEmpty)
  }

  @Test("gradients that overflow leave the weights as they are and halve the factor")
  func overflow() throws {
    let network = try SmallRun.network(dropout: 0)
    let configuration = SmallRun.configuration(iterations: 10) { $0.precision = .float16 }
    let step = try TrainingStep(network, configuration, on: .cpu)
    let scaler = try #require(step.scaler)
    var state = [("scaler.scale", try Tensor.filled(1e38, [])), ("scaler.growth_tracker", try Tensor.zeros([]))]
    state[1].1 = try state[1].1.to(.int32)
    try scaler.restore(from: StateDict(state.map { (name: $0.0, tensor: $0.1) }))
    let before = try network.store.parameters.map { try $0.tensor.bytes() }
    let batch = try #require(try SmallRun.loader().epoch(0).next())
    let losses = try step(batch, iteration: 0)
    #expect(losses.total.isFinite)
    #expect(try network.store.parameters.map { try $0.tensor.bytes() } == before)
    #expect(try scaler.factor() == Double(Float(1e38) / 2))
  }

  @Test("the total is the sum of both losses")
  func total() throws {
    let losses = try learn(.float32).losses
    #expect(losses.total == losses.scribble + losses.segmentation)
    #expect(losses.scribble > 0 && losses.segmentation > 0)
  }
}
