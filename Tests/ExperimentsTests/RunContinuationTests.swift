import Experiments
import Files
import Foundation
import Tensors
import TestSupport
import Testing
import Training

@Suite("A run that goes on") struct RunContinuationTests {
  private static let files = [
    "last.safetensors", "best.safetensors", "metrics.jsonl", "settings.yaml", "train.log", "run.json", ".lock",
  ]

  @Test("is begun or continued from every subset of a run's files, or one sentence names what to move away")
  func subsets() throws {
    for subset in 0..<1 << Self.files.count {
      let folder = try TemporaryFolder()
      let present = Self.files.enumerated().filter { subset >> $0.offset & 1 == 1 }.map(\.element)
      for name in present { try folder.write(name, "") }
      let run = RunFolder(folder.path)
      let problems = [false, true].map { resume in
        Result { () throws(FileError) in try RunState(of: run).require(resume: resume, in: run) }
      }
      switch (problems[0], problems[1]) {
      case (.success, .success): Issue.record("\(present) is free and holds a run")
      case (.success, .failure(let error)):
        #expect(error.problem.contains("without --resume") && !present.contains("last.safetensors"), "\(present)")
        #expect(!present.contains("best.safetensors"), "\(present): weights would be replaced")
      case (.failure(let error), .success):
        #expect(error.problem.contains("continue it with --resume") && present.contains("last.safetensors"))
      case (.failure(let one), .failure(let other)):
        #expect(one == other, "\(present): the two sentences differ")
        #expect(one.problem.contains("move best.safetensors away"), "\(present): \(one)")
        try FileManager.default.removeItem(atPath: run.bestCheckpoint)
        #expect(throws: Never.self) { try RunState(of: run).require(resume: false, in: run) }
      }
    }
  }

  @Test("a second training in the same folder is refused, and free again afterwards")
  func locked() throws {
    let folder = try TemporaryFolder()
    let experiment = try tinyExperiment(in: folder)
    var errors: [FileError] = []
    var watch = TrainingObserver()
    watch.stepped = { step in
      for resume in [false, true] where step == 1 {
        do {
          _ = try TrainingRun(experiment).run(resume: resume)
        } catch let error as FileError {
          errors.append(error)
        } catch {
          Issue.record(error)
        }
      }
    }
    guard case .finished = try TrainingRun(experiment).run(resume: false, watch) else {
      Issue.record("the run was not finished")
      return
    }
    #expect(errors.map(\.path) == [experiment.folder.path, experiment.folder.path])
    let process = ProcessInfo.processInfo.processIdentifier
    #expect(errors.allSatisfy { $0.problem.contains("(pid \(process) on ") }, "\(errors)")
    #expect(!FileManager.default.fileExists(atPath: folder("run/.lock")))
    #expect(try MetricsFile.read(experiment.folder.metrics).count == 1)
    #expect(try TrainingRun(experiment).run(resume: true).isFinished)
  }

  @Test("a run that cannot begin leaves no folder behind")
  func nothingLeft() throws {
    let folder = try TemporaryFolder()
    let experiment = try tinyExperiment(in: folder, ["data.train_list=\(folder("missing.txt"))"])
    #expect(throws: PreflightFailure.self) { try TrainingRun(experiment).run(resume: false) }
    #expect(!FileManager.default.fileExists(atPath: experiment.folder.path))
  }

  @Test("a validation that was interrupted is done after the resume, and leaves what it would have left")
  func interruptedValidation() throws {
    let folder = try TemporaryFolder()
    let overrides = ["training.validate_every=1", "training.iterations=4", "training.log_every=1"]
    let whole = try tinyExperiment(in: folder, overrides + ["output=\(folder("whole"))"])
    #expect(try TrainingRun(whole).run(resume: false).isFinished)

    let broken = try tinyExperiment(in: folder, overrides)
    // At the first image of each validation: the two epochs' validations are interrupted once each, and done then.
    for interruption in 1...2 {
      var isStopping = false
      var watch = TrainingObserver()
      var validations = 0
      watch.evaluating = { done, _ in
        if done == 1 { validations += 1 }
        isStopping = validations == (interruption == 1 ? 1 : 2)
      }
      watch.shouldStop = { isStopping }
      #expect(try !TrainingRun(broken).run(resume: interruption > 1, watch).isFinished)
      #expect(FileManager.default.fileExists(atPath: broken.folder.bestCheckpoint) == (interruption > 1))
    }
    #expect(try TrainingRun(broken).run(resume: true).isFinished)
    let records = try [whole, broken].map { experiment in
      try MetricsFile.read(experiment.folder.metrics).map { entry in
        var entry = entry
        entry.imagesPerSecond = nil
        return entry
      }
    }
    #expect(records[0] == records[1])
    #expect(records[0].compactMap(\.meanIoU).count == 2)
    #expect(FileManager.default.fileExists(atPath: broken.folder.bestCheckpoint))
  }

  @Test("more threads than processors are lowered, which is told")
  func threads() throws {
    let folder = try TemporaryFolder()
    let before = LibTorch.threadCount
    defer { LibTorch.threadCount = before }
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let experiment = try tinyExperiment(in: folder, ["threads=1024"])
    #expect(LibTorch.threadCount == processors)
    #expect(experiment.notices.contains { $0.contains("1024 threads") } == (processors < 1024))
    #expect(try tinyExperiment(in: folder, ["threads=1"]).notices.isEmpty)
  }
}

extension TrainingOutcome {
  fileprivate var isFinished: Bool {
    if case .finished = self { true } else { false }
  }
}
