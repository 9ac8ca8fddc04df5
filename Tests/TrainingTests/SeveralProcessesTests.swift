import Batches
import Foundation
import Layers
import Losses
import Processes
import Tensors
import TestNetworks
import TestSupport
import Testing
import Training

@Suite("Training in several processes", .serialized)
struct SeveralProcessesTests {
  /// What a process knows after two steps, the second of them self-training.
  private struct Knowledge: Sendable {
    var ids: [String] = []
    var losses: [Double] = []
    /// Gradients of the first step by parameter; none where there is none.
    var gradients: [String: [Double]] = [:]
    var buffers: [String: [Double]] = [:]

    init(
      _ part: Range<Int>?, _ group: ProcessGroup?, _ objective: Objective.Settings = .init(),
      teacherDecay: Double? = nil
    ) throws {
      let network = try SmallRun.network(dropout: 0.3, type: .float64)
      let configuration = SmallRun.configuration(iterations: 10) {
        $0.selfTrainingStart = .iteration(1)
        $0.selfTrainingThreshold = 0.35
      }
      let step = try SmallRun.step(
        network, configuration, group, objective: objective, teacherDecay: teacherDecay)
      let batch = try #require(try SmallRun.loader(batchSize: 6, part: part).epoch(0).next())
      ids = batch.ids
      for iteration in 0..<2 {
        let result = try step(batch, iteration: iteration)
        losses += result.parts.map(\.value)
        guard iteration == 0 else { continue }
        for entry in network.store.parameters { gradients[entry.name] = try entry.tensor.gradient?.doubles() }
      }
      for entry in network.store.entries where entry.kind == .buffer {
        buffers[entry.name] = try entry.tensor.doubles()
      }
    }
  }

  @Test(
    "losses, gradients and statistics are those of one process with the whole batch", arguments: [2, 3])
  func sameAsOne(count: Int) throws {
    try requireSame(count, Objective.Settings(), teacherDecay: nil)
  }

  @Test("so are those of the losses that are not part of the published objective, with a mean teacher")
  func sameWithEveryLoss() throws {
    // What is computed in 32 bits would be near alone.
    var objective = SmallRun.everyLoss
    objective.denseCRF.weight = 0
    objective.treeEnergy.usesFeatures = false
    try requireSame(2, objective, teacherDecay: 0.9)
  }

  private func requireSame(_ count: Int, _ objective: Objective.Settings, teacherDecay: Double?) throws {
    let whole = try Knowledge(nil, nil, objective, teacherDecay: teacherDecay)
    let share = 6 / count
    let parts = try Ranks.run(count) { group in
      try Knowledge(share * group.rank..<share * (group.rank + 1), group, objective, teacherDecay: teacherDecay)
    }
    #expect(parts.flatMap(\.ids) == whole.ids)
    for part in parts {
      // The second step's losses come after an update that divides gradients by their own size.
      let perStep = whole.losses.count / 2
      let first = Closeness(Array(part.losses[..<perStep]), Array(whole.losses[..<perStep]))
      #expect(first.relative.isWithin(1e-12), "\(first)")
      let second = Closeness(Array(part.losses[perStep...]), Array(whole.losses[perStep...]))
      #expect(second.relative.isWithin(1e-7), "\(second)")
      #expect(part.gradients.keys.sorted() == whole.gradients.keys.sorted())
      for (name, expected) in whole.gradients {
        let closeness = Closeness(part.gradients[name] ?? [], expected)
        // Exactly zero but for rounding where a batch normalisation follows.
        #expect(closeness.worst.isWithin(max(1e-9 * closeness.magnitude, 1e-11)), "\(name): \(closeness)")
      }
      for (name, expected) in whole.buffers {
        let closeness = Closeness(part.buffers[name] ?? [], expected)
        // Means of what is centred already are rounding alone.
        #expect(closeness.worst.isWithin(max(1e-6 * closeness.magnitude, 1e-9)), "\(name): \(closeness)")
      }
      #expect(part.gradients == parts[0].gradients)
    }
  }

  @Test(
    "a batch without any weight contributes nothing in all processes, and one that has some in a single process does")
  func weightless() throws {
    let losses = try Ranks.run(2) { group -> [Double] in
      let network = try SmallRun.network(dropout: 0)
      try withoutGradient { try network.scribbleClassWeight.sliced(0, 3, 4).fill(0) }
      let step = try SmallRun.step(network, SmallRun.configuration(iterations: 9), group)
      var totals: [Double] = []
      for blankRanks in [[0, 1], [1]] {
        let batch = try #require(try SmallRun.loader(part: group.rank..<group.rank + 1).epoch(0).next())
        if blankRanks.contains(group.rank) { try batch.label.fill(3) }
        totals.append(try step(batch, iteration: 0).total)
      }
      guard try network.store.entries.allSatisfy({ try $0.tensor.isAllFinite() }) else { return [] }
      return totals
    }
    for totals in losses {
      #expect(totals.count == 2)
      #expect(totals.first == 0)
      #expect((totals.last ?? 0) > 0 && totals.last?.isFinite == true)
    }
  }

  @Test("a run continues in all processes from the checkpoint that the first one reads")
  func resuming() throws {
    let folder = try TemporaryFolder()
    let first = try SmallRun(folder, iterations: 2)
    _ = try first.trainer.run(TrainingObserver())
    let saved = try SmallRun.tensors(first.files.lastCheckpoint)
    let lock = NSLock()
    let path = folder.path
    let found = try Ranks.run(2) { group -> (Int, [String: [UInt8]]) in
      let network = try SmallRun.network(dropout: 0.1)
      // Only the first process sees the run's folder.
      let place = RunFolder(group.rank == 0 ? path : "/nowhere")
      let trainer = try lock.withLock {
        let configuration = SmallRun.configuration(iterations: 4)
        return Trainer(
          try SmallRun.step(network, configuration, group),
          try SmallRun.loader(part: group.rank..<group.rank + 1), configuration, iterations: 4, folder: place)
      }
      try trainer.resume()
      return (
        trainer.progress.iteration,
        Dictionary(uniqueKeysWithValues: try network.store.entries.map { ($0.name, try $0.tensor.bytes()) })
      )
    }
    for (iteration, weights) in found {
      #expect(iteration == 2)
      #expect(weights.allSatisfy { saved[$0.key] == $0.value })
    }
  }
}
