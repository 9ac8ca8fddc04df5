import Evaluation
import Files
import Foundation
import Testing

@Suite(.serialized) struct FeaturePyramidCommandTests {
  static let settings = """
    model:
      network: feature_pyramid
      backbone: efficientnet_lite0
      decoder_width: 16
      tag_weight: 0.5
      local_aggregation: false
    data:
      root: data
      crop: 64
      color_jitter: 0.2
      workers: 1
    loss:
      scribble: 0
      blp: 0
      partial_cross_entropy: 1
      absent_classes: 1
      tag_classifier: 0.5
      teacher: ema
      teacher_labels: 0.5
    training:
      iterations: 8
      batch_size: 1
      learning_rate: 1e-3
      rates: {backbone: 0.1}
      head_first: 0.25
      self_training_start_fraction: 0.5
      validate_every: 0
      log_every: 1
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
    try workspace.write(settings, "pyramid.yaml")
    return (workspace, try workspace.blpseg("train", "pyramid.yaml"))
  }

  init() throws { (workspace, training) = try Self.run.get() }

  @Test("a run of single images leaves weights, a record of its losses, an evaluation and a report") func files() throws
  {
    #expect(training.code == 0, "\(training.errors)")
    #expect(training.errors.contains("feature pyramid, backbone efficientnet_lite0, 3 classes, width 16"))
    let record = try InputFile.lines(workspace("runs/pyramid/metrics.jsonl"))
    #expect(record.count == 8)
    for key in ["partial_loss", "absent_loss", "classifier_loss", "teacher_loss"] {
      #expect(record.allSatisfy { $0.contains("\"\(key)\"") }, "\(key)")
    }
    let page = try String(contentsOfFile: workspace("runs/pyramid/report.html"), encoding: .utf8)
    #expect(page.contains("8 steps of 1 image"))
    // Nothing taught it where scribbles lie.
    #expect(!page.contains("Annotation probability"))
    let result = try EvaluationResult(contentsOf: workspace("runs/pyramid/evaluation.json"))
    #expect(try #require(result.meanIoU) > 0)
  }

  @Test("the checkpoint is recognised, evaluated and predicted with, with the same result") func checkpoint() throws {
    let inspected = try workspace.blpseg("inspect", "checkpoint", "runs/pyramid/last.safetensors")
    #expect(inspected.output.contains("network     feature pyramid, backbone efficientnet_lite0, 3 classes, width 16"))
    let evaluated = try workspace.blpseg("evaluate", "pyramid.yaml", "--output", "pyramid.json")
    #expect(evaluated.code == 0, "\(evaluated.errors)")
    let results = try ["runs/pyramid/evaluation.json", "pyramid.json"].map {
      try EvaluationResult(contentsOf: workspace($0))
    }
    #expect(results[0].meanIoU == results[1].meanIoU)
    let predicted = try workspace.blpseg(
      "predict", "data/JPEGImages/Abyssinian_18.jpg", "--weights", "runs/pyramid/last.safetensors", "--out",
      "pyramid-masks")
    #expect(predicted.code == 0, "\(predicted.errors)")
    #expect(workspace.exists("pyramid-masks/Abyssinian_18.png"))
    let model = try workspace.blpseg("inspect", "model", "pyramid.yaml")
    #expect(model.output.hasPrefix("feature pyramid, backbone efficientnet_lite0, 3 classes, width 16: "))
  }

  @Test("a run goes on with --resume, and refuses another network") func resumed() throws {
    let more = try workspace.blpseg("train", "pyramid.yaml", "--resume", "--set", "training.iterations=9")
    #expect(more.code == 0, "\(more.errors)")
    #expect(more.errors.contains("continuing after step 8"))
    let other = try workspace.blpseg("train", "pyramid.yaml", "--resume", "--set", "model.decoder_width=8")
    #expect(other.code == 1)
    #expect(other.errors.contains("model.decoder_width was 16, is 8"))
  }

  @Test("a classifier that learns nothing, or one that is not there, is refused") func refused() throws {
    func refusal(_ overrides: String...) throws -> String {
      let arguments =
        ["train", "pyramid.yaml"] + overrides.flatMap { ["--set", $0] } + ["--set", "output=runs/refused"]
      let outcome = try Program.run(arguments, in: workspace.path)
      #expect(outcome.code == 64 || outcome.code == 1, "\(outcome.errors)")
      #expect(!workspace.exists("runs/refused/settings.yaml"))
      return outcome.errors
    }
    #expect(try refusal("loss.tag_classifier=0").contains("a classifier that learns nothing would be added"))
    #expect(
      try refusal("model.network=blpseg", "training.batch_size=2").contains(
        "is blpseg, which has no classifier to learn by it"))
    #expect(
      try refusal("model.backbone=resnet50", "model.backbone_weights=x.pth")
        .contains("feature_pyramid, which there is with efficientnet_lite0"))
    #expect(try refusal("model.backbone_weights=null").contains("features of random weights tell nothing"))
    #expect(try refusal("data.crop=62").contains("is 4, which does not divide data.crop, 62; set data.crop to 60"))
  }
}
