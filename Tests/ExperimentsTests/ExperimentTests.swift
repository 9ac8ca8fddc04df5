import Experiments
import Files
import Foundation
import TestSupport
import Testing

@Suite struct ExperimentTests {
  @Test("stopping in the last evaluation keeps the weights and leaves the rest to a continued run")
  func stoppedEvaluation() throws {
    let folder = try TemporaryFolder()
    let experiment = try tinyExperiment(in: folder)
    var isStopping = false
    var watch = TrainingWatch()
    watch.evaluating = { _, _ in isStopping = true }
    watch.shouldStop = { isStopping }
    guard case .interrupted = try experiment.train(resume: false, watch) else {
      Issue.record("the run was not interrupted")
      return
    }
    #expect(FileManager.default.fileExists(atPath: experiment.folder.lastCheckpoint))
    #expect(!FileManager.default.fileExists(atPath: experiment.folder.evaluation))

    var firstIteration: Int?
    var continued = TrainingWatch()
    continued.planned = { firstIteration = $0.firstIteration }
    guard case .finished(let result) = try experiment.train(resume: true, continued) else {
      Issue.record("the run was not finished")
      return
    }
    #expect(firstIteration == 2)
    #expect(result?.images == 2)
    #expect(FileManager.default.fileExists(atPath: experiment.folder.report))
  }

  @Test("a stop before the last step saves what was done") func stoppedStep() throws {
    let folder = try TemporaryFolder()
    let experiment = try tinyExperiment(in: folder)
    var steps: [Int] = []
    var watch = TrainingWatch()
    watch.stepped = { steps.append($0) }
    watch.shouldStop = { true }
    guard case .interrupted = try experiment.train(resume: false, watch) else {
      Issue.record("the run was not interrupted")
      return
    }
    #expect(steps == [1])
    #expect(FileManager.default.fileExists(atPath: experiment.folder.lastCheckpoint))
  }

  @Test("class names that are blank are a fault of the settings") func blankClass() throws {
    let settings = try load("data: {classes: [' ', b]}")
    #expect(throws: SettingsError(source: "data.classes", problem: "class 0 has no name")) {
      try Experiment(settings)
    }
  }
}

/// Two steps on the demo's first photographs, with all files in `folder`.
func tinyExperiment(in folder: TemporaryFolder, _ overrides: [String] = []) throws -> Experiment {
  func list(_ name: String, _ count: Int) throws -> String {
    let ids = try InputFile.lines(Fixture.demo("ImageSets/Segmentation/\(name).txt"))
    return try folder.write("\(name).txt", ids.prefix(count).joined(separator: "\n"))
  }
  let settings = try load(
    """
    output: \(folder("run"))
    model: {decoder_width: 8}
    data:
      root: \(Fixture.root)/Demo
      crop: 64
      train_list: \(list("train", 4))
      validation_list: \(list("val", 2))
    training: {iterations: 2, batch_size: 2, validate_every: 0}
    evaluation: {report_images: 1}
    """, overrides)
  return try Experiment(settings)
}
