import Evaluation
import Files
import Foundation
import Testing

@Suite(.serialized) struct FrozenFeaturesCommandTests {
  static let settings = """
    model:
      network: frozen_features
      backbone: efficientnet_lite0
      head_width: 32
    data:
      root: data
      workers: 1
    training:
      log_every: 5
    fitting:
      steps: 30
      batch: 256
    evaluation:
      scales: [1]
      mirror: false
      report_images: 2
    """

  let workspace: Workspace
  let training: Program.Outcome

  /// Made once for all tests.
  private static let run = Result {
    let workspace = try Workspace.shared.get()
    try workspace.write(settings, "fast.yaml")
    return (workspace, try workspace.blpseg("train", "fast.yaml"))
  }

  init() throws { (workspace, training) = try Self.run.get() }

  @Test("a run leaves its weights, record, settings, evaluation and report") func files() throws {
    #expect(training.code == 0, "\(training.errors)")
    let files = try FileManager.default.contentsOfDirectory(atPath: workspace("runs/fast")).sorted()
    #expect(
      files == [
        "evaluation.confusion.svg", "evaluation.json", "last.safetensors", "metrics.jsonl", "report.html", "run.json",
        "settings.yaml", "train.log",
      ])
    let record = try InputFile.lines(workspace("runs/fast/metrics.jsonl"))
    #expect(record.filter { $0.contains("scribbles_loss") && $0.contains("tags_loss") }.count == 6)
    let page = try String(contentsOfFile: workspace("runs/fast/report.html"), encoding: .utf8)
    #expect(page.contains("30 steps of 256 scribbled pixels"))
    #expect(!page.contains("Annotation probability"))
    #expect(
      training.errors.contains("frozen features of efficientnet_lite0 at scales 1, 0.5, 3 classes, head width 32"))
    #expect(training.errors.contains("step 30/30  scribbles "))
  }

  @Test("the losses fall, and all classes are evaluated") func quality() throws {
    let entries = try InputFile.lines(workspace("runs/fast/metrics.jsonl")).map { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }
    let losses = entries.compactMap { $0?["scribbles_loss"] as? Double }
    #expect(try #require(losses.last) < #require(losses.first) / 2)
    let result = try EvaluationResult(contentsOf: workspace("runs/fast/evaluation.json"))
    #expect(result.classes == ["background", "cat", "dog"])
    #expect(try #require(result.meanIoU) > 0)
  }

  @Test("the checkpoint is recognised, evaluated and predicted with, with the same result") func checkpoint() throws {
    let inspected = try workspace.blpseg("inspect", "checkpoint", "runs/fast/last.safetensors")
    #expect(inspected.code == 0, "\(inspected.errors)")
    #expect(inspected.output.contains("network     frozen features of efficientnet_lite0 at scales 1, 0.5, 3 classes"))
    #expect(inspected.output.contains("classes     background, cat, dog"))
    #expect(inspected.output.contains("trained     30 steps"))
    let evaluated = try workspace.blpseg("evaluate", "fast.yaml", "--output", "again.json")
    #expect(evaluated.code == 0, "\(evaluated.errors)")
    let results = try ["runs/fast/evaluation.json", "again.json"].map {
      try EvaluationResult(contentsOf: workspace($0))
    }
    #expect(results[0].meanIoU == results[1].meanIoU)
    let predicted = try workspace.blpseg(
      "predict", "data/JPEGImages/Abyssinian_18.jpg", "--weights", "runs/fast/last.safetensors", "--out", "fast-masks")
    #expect(predicted.code == 0, "\(predicted.errors)")
    #expect(workspace.exists("fast-masks/Abyssinian_18.png"))
  }

  @Test("a fitted run that is continued has its evaluation left to do") func resumed() throws {
    let weights = try workspace.data("runs/fast/last.safetensors")
    let again = try workspace.blpseg("train", "fast.yaml")
    #expect(again.code == 1)
    #expect(again.errors.contains("holds a run already"))
    let resumed = try workspace.blpseg("train", "fast.yaml", "--resume")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("the head is fitted, the evaluation and the report are left to do"))
    #expect(try workspace.data("runs/fast/last.safetensors") == weights)
    let other = try workspace.blpseg("train", "fast.yaml", "--resume", "--set", "model.head_width=16")
    #expect(other.code == 1)
    #expect(other.errors.contains("model.head_width was 32, is 16"))
  }

  @Test("a run that is interrupted before its head is fitted saves nothing and says so", .timeLimit(.minutes(2)))
  func interrupted() throws {
    let running = try Program.Running(
      ["train", "fast.yaml", "--set", "output=runs/fast-stopped", "--set", "fitting.steps=100000"], in: workspace.path)
    #expect(running.waits { (try? workspace.data("runs/fast-stopped/metrics.jsonl"))?.isEmpty == false })
    running.send(SIGINT)
    let outcome = try running.outcome()
    #expect(outcome.code == 130)
    #expect(
      outcome.errorLines.last
        == "Interrupted before the head was fitted; nothing is saved. Start again without --resume.")
    #expect(!workspace.exists("runs/fast-stopped/last.safetensors"))
    let again = try workspace.blpseg(
      "train", "fast.yaml", "--set", "output=runs/fast-stopped", "--set", "fitting.steps=5")
    #expect(again.code == 0, "\(again.errors)")
  }

  @Test("settings that cannot be fitted are refused before anything is written") func refused() throws {
    func refusal(_ overrides: String...) throws -> String {
      let arguments = ["train", "fast.yaml"] + overrides.flatMap { ["--set", $0] } + ["--set", "output=runs/refused"]
      let outcome = try Program.run(arguments, in: workspace.path)
      #expect(outcome.code == 64 || outcome.code == 1, "\(outcome.errors)")
      #expect(!workspace.exists("runs/refused/settings.yaml"))
      return outcome.errors
    }
    #expect(
      try refusal("model.backbone=resnet50", "model.backbone_weights=x.pth")
        .contains("frozen_features, which there is with efficientnet_lite0, efficientnet_lite1 or"))
    #expect(try refusal("model.backbone_weights=null").contains("features of random weights tell nothing"))
  }
}
