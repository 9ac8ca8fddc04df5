import Batches
import Checkpoints
import Losses
import Tensors
import TestNetworks
import TestSupport
import Testing
import Training

@Suite("A training step")
struct TrainingStepTests {
  /// How many times as far from float32 as with weights that are off by one rounding each the losses may be in 16 bits: a
  /// layer rounds its weights, its inputs and its outputs, three errors, which at worst add up. The network of this test has
  /// statistics of few pixels, which enlarge them all alike.
  private static let roundings = 3.0

  /// How far the losses in float32 move at the most, over several seeds, where every weight is off by the root mean
  /// square of roundings to `precision`, up or down.
  private func effectOfRounding(
    _ precision: Precision, _ exact: LossValues
  ) throws -> (scribble: Double, segmentation: Double) {
    let unit = Float(precision == .bfloat16 ? Roundings.bfloat16 : Roundings.float16)
    var (scribble, segmentation) = (0.0, 0.0)
    for seed in 1...6 {
      let network = try SmallRun.network(dropout: 0)
      var generator = Xorshift(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
      try withoutGradient {
        for entry in network.store.parameters {
          let factors = (0..<entry.tensor.elementCount).map { _ in 1 + (Bool.random(using: &generator) ? unit : -unit) }
          try entry.tensor.copy(from: entry.tensor * Tensor(factors, entry.tensor.shape))
        }
      }
      let step = try SmallRun.step(network, SmallRun.configuration(iterations: 100) { _ in })
      let losses = try step(#require(try SmallRun.loader().epoch(0).next()), iteration: 0)
      scribble = max(scribble, abs(losses.scribble - exact.scribble))
      segmentation = max(segmentation, abs(losses.segmentation - exact.segmentation))
    }
    return (scribble, segmentation)
  }

  /// The losses of a first step, and the steps made until one was not left out because gradients overflowed.
  private func learn(
    _ precision: Precision
  ) throws -> (losses: LossValues, step: TrainingStep) {
    let network = try SmallRun.network(dropout: 0)
    let configuration = SmallRun.configuration(iterations: 100) { $0.precision = precision }
    let step = try SmallRun.step(network, configuration)
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
    arguments: [Precision.bfloat16, .float16])
  func sixteenBits(precision: Precision) throws {
    let exact = try learn(.float32).losses
    let (losses, step) = try learn(precision)
    #expect((step.scaler != nil) == (precision == .float16))
    let effect = try effectOfRounding(precision, exact)
    #expect(
      abs(losses.scribble - exact.scribble).isWithin(Self.roundings * effect.scribble), "\(losses), \(exact), \(effect)"
    )
    #expect(
      abs(losses.segmentation - exact.segmentation).isWithin(Self.roundings * effect.segmentation),
      "\(losses), \(exact), \(effect)")
    // A bound that allowed everything would show nothing.
    #expect(Self.roundings * effect.scribble < exact.scribble / 2, "\(effect)")
    #expect(Self.roundings * effect.segmentation < exact.segmentation / 2, "\(effect)")
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
    let step = try SmallRun.step(network, configuration)
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

  @Test("the backbone stays as it is in the first steps, and learns afterwards") func headFirst() throws {
    let network = try SmallRun.network(dropout: 0)
    let configuration = SmallRun.configuration(iterations: 4) { $0.headFirst = 0.5 }
    let step = try SmallRun.step(network, configuration)
    let batch = try #require(try SmallRun.loader().epoch(0).next())
    func bytes(_ isBackbone: Bool) throws -> [[UInt8]] {
      try network.store.entries.filter { $0.name.hasPrefix("backbone.") == isBackbone }.map { try $0.tensor.bytes() }
    }
    let (backbone, rest) = (try bytes(true), try bytes(false))
    for iteration in 0..<2 { _ = try step(batch, iteration: iteration) }
    #expect(try bytes(true) == backbone)
    #expect(try bytes(false) != rest)
    _ = try step(batch, iteration: 2)
    #expect(try bytes(true) != backbone)
  }

  @Test("the total is the sum of both losses")
  func total() throws {
    let losses = try learn(.float32).losses
    #expect(losses.total == losses.scribble + losses.segmentation)
    #expect(losses.scribble > 0 && losses.segmentation > 0)
  }
}
