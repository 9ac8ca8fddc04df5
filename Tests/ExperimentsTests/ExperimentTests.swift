import Experiments
import Files
import Foundation
import Settings
import TestSupport
import Testing
import Training

@Suite struct ExperimentTests {
  @Test("stopping in the last evaluation keeps the weights and leaves the rest to a continued run")
  func stoppedEvaluation() throws {
    let folder = try TemporaryFolder()
    let experiment = try tinyExperiment(in: folder)
    var isStopping = false
    var watch = TrainingObserver()
    watch.evaluating = { _, _ in isStopping = true }
    watch.shouldStop = { isStopping }
    guard case .interrupted = try TrainingRun(experiment).run(resume: false, watch) else {
      Issue.record("the run was not interrupted")
      return
    }
    #expect(FileManager.default.fileExists(atPath: experiment.folder.lastCheckpoint))
    #expect(!FileManager.default.fileExists(atPath: experiment.folder.evaluation))

    var firstIteration: Int?
    var continued = TrainingObserver()
    continued.planned = { firstIteration = $0.firstIteration }
    guard case .finished(let result) = try TrainingRun(experiment).run(resume: true, continued) else {
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
    var watch = TrainingObserver()
    watch.stepped = { steps.append($0) }
    watch.shouldStop = { true }
    guard case .interrupted = try TrainingRun(experiment).run(resume: false, watch) else {
      Issue.record("the run was not interrupted")
      return
    }
    #expect(steps == [1])
    #expect(FileManager.default.fileExists(atPath: experiment.folder.lastCheckpoint))
  }

  @Test("a run without masks has a report: photographs of both lists, scribbles, losses, and how to go on")
  func reportWithoutMasks() throws {
    let folder = try TemporaryFolder()
    let experiment = try tinyExperiment(in: folder, masks: "null")
    guard case .finished(nil) = try TrainingRun(experiment).run(resume: false) else {
      Issue.record("the run has a result")
      return
    }
    let page = try InputFile.text(experiment.folder.report)
    let captions = page.components(separatedBy: "<figcaption>").dropFirst().map { $0.prefix { $0 != "<" } }
    let unseen = ["Photograph", "Prediction", "Annotation probability"]
    let learnt = ["Photograph", "Scribbles", "Prediction", "Annotation probability"]
    #expect(Array(captions.filter { !$0.isEmpty }) == unseen.map { $0[...] } + learnt.map { $0[...] })
    for text in [
      "Losses", "no validation images with ground truth", "agreement with the scribbles", "it is no measure of quality",
      "How to go on", "blpseg predict PHOTOGRAPHS --weights", "Settings of this run",
    ] { #expect(page.contains(text), "\(text)") }
    for text in ["Ground truth</figcaption>", "<h2>Classes</h2>", "<dt>mIoU</dt>"] {
      #expect(!page.contains(text), "\(text)")
    }
  }

  @Test("a run whose validation list is missing too has a report of its training photographs")
  func reportOfTrainingAlone() throws {
    let folder = try TemporaryFolder()
    let experiment = try tinyExperiment(in: folder, masks: "null", validationList: "nowhere.txt")
    _ = try TrainingRun(experiment).run(resume: false)
    let page = try InputFile.text(experiment.folder.report)
    #expect(page.contains("What it learnt from") && !page.contains("never seen"))
  }

  @Test("class names that are blank are a fault of the settings") func blankClass() throws {
    let settings = try load("data: {classes: [' ', b]}")
    #expect(throws: SettingsError(source: "data.classes", problem: "class 0 has no name")) {
      try Experiment(settings)
    }
  }
}

/// Loads settings from a file of this text.
func load(_ yaml: String, _ overrides: [String] = []) throws -> ExperimentSettings {
  let folder = try TemporaryFolder()
  return try ExperimentSettings.load(try folder.write("test.yaml", yaml), overrides: ["recipe=published"] + overrides)
}

/// Two steps on the demo's first photographs, with all files in `folder`.
func tinyExperiment(
  in folder: TemporaryFolder, _ overrides: [String] = [], masks: String = "SegmentationClass",
  validationList: String? = nil
) throws -> Experiment {
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
      validation_list: \(validationList ?? list("val", 2))
      masks: \(masks)
    training: {iterations: 2, batch_size: 2, validate_every: 0}
    evaluation: {report_images: 1}
    """, overrides)
  return try Experiment(settings)
}
