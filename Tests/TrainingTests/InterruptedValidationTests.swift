import Checkpoints
import Files
import Foundation
import TestSupport
import Testing
import Training

@Suite("A run that ends around a validation")
struct InterruptedValidationTests {
  private static let score = 0.5

  private func validating(_ validate: @escaping () -> Double? = { score }) -> TrainingObserver {
    var observer = TrainingObserver()
    observer.validate = { validate().map { .score($0) } ?? .stopped }
    return observer
  }

  private func progress(_ path: String) throws -> TrainingProgress? {
    TrainingCheckpoint.progress(in: try Safetensors.describe(path).metadata)
  }

  @Test("has a checkpoint to continue from before anything of the validation is written")
  func order() throws {
    let run = try SmallRun(TemporaryFolder(), iterations: 3)
    var observer = validating {
      #expect(run.savedIteration() == 3)
      #expect(!FileManager.default.fileExists(atPath: run.files.bestCheckpoint))
      return Self.score
    }
    observer.report = { entry in
      if entry.meanIoU != nil { #expect(!FileManager.default.fileExists(atPath: run.files.bestCheckpoint)) }
    }
    #expect(try run.trainer.run(observer) == .finished)
    #expect(try progress(run.files.lastCheckpoint)?.isValidationDue == false)
    #expect(try progress(run.files.lastCheckpoint)?.bestMeanIoU == Self.score)
    #expect(try progress(run.files.bestCheckpoint)?.bestMeanIoU == Self.score)
  }

  @Test("does the validation that was stopped before it goes on, and ends as if it had not been")
  func stopped() throws {
    let (whole, broken) = (try TemporaryFolder(), try TemporaryFolder())
    let uninterrupted = try SmallRun(whole, iterations: 6)
    #expect(try uninterrupted.trainer.run(validating()) == .finished)
    // Stopped in each of the two validations, and once more in the second.
    let first = try SmallRun(broken, iterations: 6)
    #expect(try first.trainer.run(validating { nil }) == .interrupted)
    #expect(try progress(first.files.lastCheckpoint)?.isValidationDue == true)
    #expect(!FileManager.default.fileExists(atPath: first.files.bestCheckpoint))
    for _ in 0..<2 {
      let next = try SmallRun(broken, iterations: 6)
      try next.trainer.resume()
      #expect(
        try next.trainer.run(validating { next.trainer.progress.iteration == 3 ? Self.score : nil }) == .interrupted)
    }
    let last = try SmallRun(broken, iterations: 6)
    try last.trainer.resume()
    #expect(last.trainer.progress.iteration == 6)
    #expect(try last.trainer.run(validating()) == .finished)
    try expectSame(last, uninterrupted)
  }

  @Test("is continued with the same end from what a kill at any moment of the validation leaves")
  func killed() throws {
    let whole = try SmallRun(TemporaryFolder(), iterations: 6)
    let (before, after) = (try TemporaryFolder(), try TemporaryFolder())
    var observer = validating {
      if whole.trainer.progress.iteration == 3 { try? copy(whole.folder, to: before) }
      return Self.score
    }
    observer.report = { entry in
      // The record has the validation, and neither checkpoint knows of it.
      if entry.meanIoU != nil && entry.iteration == 3 { try? copy(whole.folder, to: after) }
    }
    #expect(try whole.trainer.run(observer) == .finished)
    for folder in [before, after] {
      #expect(FileManager.default.fileExists(atPath: folder("last.safetensors")))
      let next = try SmallRun(folder, iterations: 6)
      try next.trainer.resume()
      #expect(next.trainer.progress.iteration == 3)
      #expect(try next.trainer.run(validating()) == .finished)
      try expectSame(next, whole)
    }
  }

  @Test("records each picture of a step once, however the run is cut", arguments: [2, 3, 4])
  func pictures(cut: Int) throws {
    let (whole, broken) = (try TemporaryFolder(), try TemporaryFolder())
    let uninterrupted = try SmallRun(whole, iterations: 6) { $0.picturesEvery = 2 }
    #expect(try uninterrupted.trainer.run(TrainingObserver()) == .finished)
    // Killed after two more steps than the last checkpoint knows of.
    let first = try SmallRun(broken, iterations: 6) {
      $0.picturesEvery = 2
      $0.checkpointEvery = 1
    }
    let checkpoint = try TemporaryFolder()
    var observer = TrainingObserver()
    var steps = 0
    observer.shouldStop = {
      steps += 1
      if steps == cut + 1 { try? copy(broken, to: checkpoint) }
      return steps == cut + 2
    }
    #expect(try first.trainer.run(observer) == .interrupted)
    try FileManager.default.removeItem(atPath: broken("last.safetensors"))
    try FileManager.default.copyItem(atPath: checkpoint("last.safetensors"), toPath: broken("last.safetensors"))
    let second = try SmallRun(broken, iterations: 6) { $0.picturesEvery = 2 }
    try second.trainer.resume()
    #expect(second.trainer.progress.iteration == cut)
    #expect(try second.trainer.run(TrainingObserver()) == .finished)
    #expect(try shown(broken) == shown(whole))
    let photographs = try shown(whole).filter { $0.firstRange(of: Array("batch/1 photograph".utf8)) != nil }
    #expect(photographs.map { $0[1] } == [1, 3, 5])
  }

  @Test("knows checkpoints of earlier versions, which say nothing of validations")
  func earlier() {
    let text = #"{"iteration":7,"seconds":1.5,"bestMeanIoU":0.25}"#
    let progress = TrainingCheckpoint.progress(in: ["progress": text])
    #expect(progress?.iteration == 7 && progress?.bestMeanIoU == 0.25 && progress?.isValidationDue == false)
  }

  private func copy(_ source: TemporaryFolder, to target: TemporaryFolder) throws {
    try FileManager.default.removeItem(atPath: target.path)
    try FileManager.default.copyItem(atPath: source.path, toPath: target.path)
  }

  /// Expects the same checkpoints, the same record and the same events but for times and speed.
  private func expectSame(_ run: SmallRun, _ expected: SmallRun) throws {
    for path in [\RunFolder.lastCheckpoint, \.bestCheckpoint] {
      let tensors = try [run, expected].map { try SmallRun.tensors($0.files[keyPath: path]) }
      #expect(differences(tensors[0], tensors[1]).isEmpty)
    }
    let records = try [run, expected].map { run in
      try MetricsFile.read(run.files.metrics).map { [Double($0.iteration), $0.scribbleLoss, $0.meanIoU] }
    }
    #expect(records[0] == records[1])
    #expect(try shown(run.folder) == shown(expected.folder))
  }

  /// What TensorBoard shows of a folder, each point as its step and the event's bytes from there on; speed is left out.
  private func shown(_ folder: TemporaryFolder) throws -> [[UInt8]] {
    let start: [UInt8] = [0x3A, 2, 0x08, 1]
    let speed = Array("images per second".utf8)
    var points: [(step: Int, bytes: [UInt8])] = []
    for name in try InputFile.names(inFolder: folder.path) where name.hasPrefix("events.") {
      for record in try Record.all(in: folder(name)) {
        // Steps of these runs are numbers of one byte; where there is none, it is the file's version.
        guard record.message.first == 0x10 else { continue }
        let (step, rest) = (Int(record.message[1]), Array(record.message.dropFirst(2)))
        if rest == start { points.removeAll { $0.step >= step } }
        if rest.first == 0x2A && rest.firstRange(of: speed) == nil { points.append((step, record.message)) }
      }
    }
    return points.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
  }
}
