import Batches
import Losses
import Networks
import Tensors
import TestSupport
import Testing
import Training

@Suite("Training with every loss and a mean teacher")
struct MeanTeacherTests {
  private func run(
    _ folder: TemporaryFolder, iterations: Int = 7, decay: Double? = 0.9, _ precision: Precision = .float32
  ) throws -> SmallRun {
    try SmallRun(folder, iterations: iterations, objective: SmallRun.everyLoss, teacherDecay: decay) {
      $0.precision = precision
    }
  }

  @Test("a run that was stopped and resumed ends with the same bits, its teacher's included") func resuming() throws {
    let (whole, broken) = (try TemporaryFolder(), try TemporaryFolder())
    let uninterrupted = try run(whole)
    _ = try uninterrupted.trainer.run(TrainingObserver())
    let first = try run(broken)
    var observer = TrainingObserver()
    var done = 0
    observer.shouldStop = {
      done += 1
      return done == 5
    }
    #expect(try first.trainer.run(observer) == .interrupted)
    let second = try run(broken)
    try second.trainer.resume()
    #expect(try second.trainer.run(TrainingObserver()) == .finished)
    let expected = try SmallRun.tensors(uninterrupted.files.lastCheckpoint)
    #expect(expected.keys.contains("training.learner.seg_head.4.bias"))
    #expect(differences(try SmallRun.tensors(second.files.lastCheckpoint), expected).isEmpty)

    let entries = try MetricsFile.read(uninterrupted.files.metrics)
    let keys = Set(SmallRun.everyLoss.losses.map(\.metricsKey))
    #expect(keys.count == 13)
    for entry in entries {
      let values = entry.values.filter { keys.contains($0.key) }
      #expect(values.count == 13 && values.values.allSatisfy { $0.isFinite && $0 >= 0 }, "\(values)")
      // Self-training begins at the fifth step.
      #expect((entry.values["teacher_loss"] ?? 0 > 0) == (entry.iteration > 4))
    }
  }

  @Test("every loss is finite in 16 bits, also without local aggregation", arguments: [true, false])
  func sixteenBits(aggregates: Bool) throws {
    let configuration = SmallRun.configuration(iterations: 9) { $0.precision = .bfloat16 }
    let network = try BLPSeg(
      BLPSegConfiguration(classCount: 3, decoderWidth: 8, localAggregation: aggregates), .init(seed: 11))
    let step = try SmallRun.step(network, configuration, objective: SmallRun.everyLoss, teacherDecay: 0.9)
    let batch = try #require(try SmallRun.loader().epoch(0).next())
    let losses = try step(batch, iteration: 5)
    #expect(losses.parts.count == 13 && losses.parts.allSatisfy { $0.value.isFinite }, "\(losses)")
  }

  @Test("the average starts as the network and follows it with its decay") func average() throws {
    let network = try SmallRun.network(dropout: 0)
    let teacher = try MeanTeacher(of: network, decay: 0.75, autocastType: nil, on: .cpu)
    let bias = try #require(network.store["seg_head.4.bias"])
    let average = try #require(teacher.store["seg_head.4.bias"])
    var found: [Double] = []
    for value in [8.0, 16, 4, 4, 100] {
      try withoutGradient { try bias.fill(value) }
      try teacher.weightsDidChange()
      found.append(try average.doubles()[0])
    }
    // Shares of itself: 0, 1/2, 2/3, 3/4, 3/4.
    let expected = [8, 12, 28.0 / 3, 8, 31]
    #expect(Closeness(found, expected).worst.isWithin(1e-5), "\(found)")
  }

  @Test("what is saved and predicts is the average") func predicting() throws {
    let folder = try TemporaryFolder()
    let run = try run(folder, iterations: 6)
    _ = try run.trainer.run(TrainingObserver())
    let kept = try SmallRun.tensors(run.files.lastCheckpoint)
    let learner = try #require(run.network.store["seg_head.4.bias"]).bytes()
    #expect(kept["training.learner.seg_head.4.bias"] == learner)
    #expect(kept["seg_head.4.bias"] != learner)
  }

  @Test("a checkpoint of a run without one starts it from the network's weights") func newcomer() throws {
    let folder = try TemporaryFolder()
    _ = try run(folder, iterations: 2, decay: nil).trainer.run(TrainingObserver())
    let resumed = try run(folder, iterations: 4)
    try resumed.trainer.resume()
    #expect(try resumed.trainer.run(TrainingObserver()) == .finished)
    let tensors = try SmallRun.tensors(resumed.files.lastCheckpoint)
    #expect(tensors["training.average_updates"] != nil)
  }

  @Test("a loss of weight 0 leaves a run as it is") func weightless() throws {
    var objective = Objective.Settings()
    objective.gatedCRF.radius = 3
    let (plain, same) = (try TemporaryFolder(), try TemporaryFolder())
    let runs = [
      try SmallRun(plain, iterations: 2), try SmallRun(same, iterations: 2, objective: objective),
    ]
    for run in runs { _ = try run.trainer.run(TrainingObserver()) }
    #expect(differences(try runs[0].weights(), try runs[1].weights()).isEmpty)
    let values = try #require(try MetricsFile.read(runs[1].files.metrics).first).values
    #expect(values.keys.filter { $0.hasSuffix("_loss") }.sorted() == ["scribble_loss", "segmentation_loss"])
  }
}
