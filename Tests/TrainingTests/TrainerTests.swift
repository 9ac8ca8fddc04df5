import Batches
import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing
import Training

@Suite("The trainer")
struct TrainerTests {
  /// Stops after this many steps.
  private func stopping(after steps: Int) -> TrainingObserver {
    var observer = TrainingObserver()
    var done = 0
    observer.shouldStop = {
      done += 1
      return done == steps
    }
    return observer
  }

  @Test(
    "a run that was stopped within an epoch and resumed ends with the same bits",
    arguments: [Precision.float32, .float16])
  func resuming(precision: Precision) throws {
    let (whole, broken) = (try TemporaryFolder(), try TemporaryFolder())
    let uninterrupted = try SmallRun(whole, iterations: 7) { $0.precision = precision }
    #expect(try uninterrupted.trainer.run(TrainingObserver()) == .finished)

    let first = try SmallRun(broken, iterations: 7) { $0.precision = precision }
    #expect(try first.trainer.run(stopping(after: 5)) == .interrupted)
    #expect(first.savedIteration() == 5)
    let second = try SmallRun(broken, iterations: 7) { $0.precision = precision }
    try second.trainer.resume()
    #expect(second.trainer.progress.iteration == 5)
    #expect(try second.trainer.run(TrainingObserver()) == .finished)

    let expected = try SmallRun.tensors(uninterrupted.files.lastCheckpoint)
    let found = try SmallRun.tensors(second.files.lastCheckpoint)
    #expect(expected.keys.contains("optimizer.exp_avg.seg_head.4.bias"))
    #expect(expected.keys.contains("generator.state"))
    #expect(expected.keys.contains("scaler.scale") == (precision == .float16))
    #expect(differences(found, expected).isEmpty)

    let losses = try [uninterrupted, second].map { run in
      try MetricsFile.read(run.files.metrics).map { [$0.scribbleLoss, $0.segmentationLoss, $0.learningRate] }
    }
    #expect(losses[0].count == 7)
    #expect(losses[0] == losses[1])
  }

  @Test("learning changes every parameter that takes part, and the losses are finite")
  func learning() throws {
    let run = try SmallRun(TemporaryFolder(), iterations: 2)
    let before = try run.weights()
    _ = try run.trainer.run(TrainingObserver())
    #expect(differences(try run.weights(), before) == before.keys.filter { $0 != "CELoss.weight" }.sorted())
    #expect(try run.network.store.entries.allSatisfy { try $0.tensor.isFinite().all().item() == 1 })
  }

  @Test("a checkpoint is kept at every end of an epoch, and where checkpointEvery asks for it")
  func checkpoints() throws {
    let run = try SmallRun(TemporaryFolder(), iterations: 7) { $0.checkpointEvery = 2 }
    var saved: [Int?] = []
    var observer = TrainingObserver()
    // Told before the checkpoint of the same step is written.
    observer.report = { _ in saved.append(run.savedIteration()) }
    _ = try run.trainer.run(observer)
    #expect(saved == [nil, nil, 2, 3, 4, 4, 6])
    #expect(run.savedIteration() == 7)
    let metadata = try Safetensors.describe(run.files.lastCheckpoint).metadata
    #expect(metadata["settings"] == "small")
  }

  @Test("a loss that is not finite ends the run with the iteration and the images of the batch")
  func nonFinite() throws {
    let run = try SmallRun(TemporaryFolder(), iterations: 7)
    var observer = TrainingObserver()
    observer.report = { entry in
      guard entry.iteration == 2 else { return }
      try? withoutGradient { try run.network.store["seg_head.4.bias"]?.fill(.nan) }
    }
    let error = #expect(throws: NonFiniteLoss.self) { _ = try run.trainer.run(observer) }
    let batches = try SmallRun.loader().epoch(0, startingAt: 2)
    let ids = try #require(try batches.next()).ids
    #expect(error?.iteration == 2)
    #expect(error?.ids == ids)
    #expect(error?.losses.segmentation.isNaN == true)
    let text = error?.description ?? ""
    #expect(text.contains("iteration 2") && text.contains(ids.joined(separator: ", ")), "\(text)")
    #expect(text.contains("1 of 194 tensors holds NaN ('seg_head.4.bias') of the network"), "\(text)")
    #expect(try MetricsFile.read(run.files.metrics).map(\.iteration) == [1, 2])
    let head = try #require(run.network.store["scribble_head.4.bias"])
    #expect(try head.isFinite().all().item() == 1)
  }

  @Test("a loss that is not finite before anything was learnt is not blamed on the learning rate")
  func nonFiniteStart() throws {
    let run = try SmallRun(TemporaryFolder(), iterations: 2)
    // Finite, and too large for the products that follow.
    try withoutGradient { try run.network.store["seg_head.4.weight"]?.fill(3e38) }
    let error = #expect(throws: NonFiniteLoss.self) { _ = try run.trainer.run(TrainingObserver()) }
    #expect(error?.cause == .start)
    #expect(error?.description.contains("not to blame") == true, "\(error?.description ?? "")")
  }

  @Test(
    "a state with NaN or infinity never reaches a checkpoint, whose last good one stays",
    arguments: [
      ("ppm.stages.0.2.running_var", Double.nan, "NaN"), ("ppm.bottleneck.1.running_mean", .infinity, "infinity"),
    ])
  func nonFiniteState(name: String, value: Double, word: String) throws {
    let run = try SmallRun(TemporaryFolder(), iterations: 9)
    var observer = TrainingObserver()
    observer.validate = { .score(0.5) }
    observer.report = { entry in
      // Within the second epoch; statistics do not show in training's losses.
      if entry.iteration == 4 { try? run.network.store[name]?.fill(value) }
    }
    let error = #expect(throws: FileError.self) { _ = try run.trainer.run(observer) }
    let text = error?.description ?? ""
    #expect(text.contains("tensors holds \(word) ('\(name)'), and the file stays as it was"), "\(text)")
    #expect(run.savedIteration() == 3)
    #expect(try NonFiniteTensors(Safetensors.read(run.files.lastCheckpoint)) == nil)
    #expect(try NonFiniteTensors(Safetensors.read(run.files.bestCheckpoint)) == nil)
  }

  @Test(
    "batches without any weight change nothing but what momentum and decay do, in every precision",
    arguments: Precision.allCases)
  func weightlessBatch(precision: Precision) throws {
    let network = try SmallRun.network(dropout: 0)
    try withoutGradient { try network.scribbleClassWeight.sliced(0, 3, 4).fill(0) }
    let step = try SmallRun.step(network, SmallRun.configuration(iterations: 9) { $0.precision = precision })
    func batch() throws -> Batch { try #require(try SmallRun.loader().epoch(0).next()) }
    for label in [3.0, 255] {
      let blank = try batch()
      try blank.label.fill(label)
      let losses = try step(blank, iteration: 0)
      #expect(losses.scribble == 0 && losses.segmentation == 0, "\(losses)")
    }
    #expect(try NonFiniteTensors(network.store.entries.map { ($0.name, $0.tensor) }) == nil)
    #expect(try step(batch(), iteration: 2).total > 0)
  }

  @Test("the record of a resumed run has what precedes the checkpoint, and each step once")
  func record() throws {
    let folder = try TemporaryFolder()
    let first = try SmallRun(folder, iterations: 6)
    _ = try first.trainer.run(stopping(after: 2))
    // Steps that a crash undid, the last line cut short.
    let text = try InputFile.text(first.files.metrics)
    try folder.write("metrics.jsonl", text + "{\"epoch\":0,\"iteration\":3}\n{\"epoch\":1,\"iter")
    let second = try SmallRun(folder, iterations: 6)
    try second.trainer.resume()
    _ = try second.trainer.run(TrainingObserver())
    #expect(try MetricsFile.read(second.files.metrics).map(\.iteration) == Array(1...6))
    #expect(try InputFile.lines(second.files.metrics).count == 6)
  }

  @Test("the best weights are those of the highest validation, also over a resume")
  func best() throws {
    let folder = try TemporaryFolder()
    var kept: [[String: [UInt8]]] = []
    func observer(_ run: SmallRun, _ scores: [Double]) -> TrainingObserver {
      var observer = TrainingObserver()
      var rest = scores[...]
      observer.validate = {
        kept.append(try run.weights())
        return .score(rest.removeFirst())
      }
      return observer
    }
    let first = try SmallRun(folder, iterations: 6)
    _ = try first.trainer.run(observer(first, [0.5, 0.75]))
    #expect(differences(try SmallRun.tensors(first.files.bestCheckpoint), kept[1]).isEmpty)

    let second = try SmallRun(folder, iterations: 12)
    try second.trainer.resume()
    #expect(second.trainer.progress.bestMeanIoU == 0.75)
    _ = try second.trainer.run(observer(second, [0.625, 0.75]))
    #expect(differences(try SmallRun.tensors(second.files.bestCheckpoint), kept[1]).isEmpty)
    #expect(second.trainer.progress.bestMeanIoU == 0.75)

    let third = try SmallRun(folder, iterations: 13)
    try third.trainer.resume()
    _ = try third.trainer.run(observer(third, [0.875]))
    #expect(differences(try SmallRun.tensors(third.files.bestCheckpoint), kept[4]).isEmpty)
    let metadata = try Safetensors.describe(third.files.bestCheckpoint).metadata
    #expect(TrainingCheckpoint.progress(in: metadata)?.bestMeanIoU == 0.875)
    #expect(try MetricsFile.read(third.files.metrics).compactMap(\.meanIoU) == [0.5, 0.75, 0.625, 0.75, 0.875])
  }

  @Test("validation comes every so many epochs, and at the end", arguments: [(0, []), (1, [3, 6, 7]), (2, [6, 7])])
  func validation(every: Int, expected: [Int]) throws {
    let run = try SmallRun(TemporaryFolder(), iterations: 7) { $0.validateEvery = every }
    var observer = TrainingObserver()
    observer.validate = { .score(0.5) }
    _ = try run.trainer.run(observer)
    #expect(try MetricsFile.read(run.files.metrics).filter { $0.meanIoU != nil }.map(\.iteration) == expected)
  }

  @Test("a run stopped with the last step of an epoch does not lose that epoch's validation")
  func stoppingAtEndOfEpoch() throws {
    let folder = try TemporaryFolder()
    let first = try SmallRun(folder, iterations: 6)
    var observer = stopping(after: 3)
    observer.validate = { .score(0.25) }
    #expect(try first.trainer.run(observer) == .interrupted)
    let second = try SmallRun(folder, iterations: 6)
    try second.trainer.resume()
    observer.shouldStop = { false }
    #expect(try second.trainer.run(observer) == .finished)
    let scores = try MetricsFile.read(second.files.metrics).filter { $0.meanIoU != nil }
    #expect(scores.map(\.iteration) == [3, 6])
  }
}
