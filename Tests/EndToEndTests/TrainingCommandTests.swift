import Evaluation
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct TrainingCommandTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  @Test("a run leaves its weights, record, settings, evaluation and report") func files() throws {
    #expect(workspace.training.code == 0, "\(workspace.training.errors)")
    let files = try FileManager.default.contentsOfDirectory(atPath: workspace(Workspace.run))
      .map { $0.hasPrefix("events.out.tfevents.") ? "events" : $0 }.sorted()
    #expect(
      files == [
        "best.safetensors", "evaluation.confusion.svg", "evaluation.json", "events", "last.safetensors",
        "metrics.jsonl", "report.html", "run.json", "settings.yaml", "train.log",
      ])
  }

  @Test("the table of classes goes to standard output, progress to standard error") func streams() throws {
    let lines = workspace.training.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("class") == true)
    #expect(lines.dropFirst(2).prefix(3).map { $0.prefix { $0 != " " } } == ["background", "cat", "dog"])
    #expect(lines.contains { $0.hasPrefix("mean IoU") })
    let errors = workspace.training.errors
    #expect(errors.contains("tiny: 5 training and 2 validation images, 3 classes\n"))
    #expect(errors.contains("step 12/12  epoch 6  scribble "))
    #expect(errors.contains("epoch 2  step 4  validation mIoU "))
    #expect(!errors.contains("\u{1B}"))
  }

  @Test("the evaluation is JSON about the validation images") func evaluation() throws {
    let result = try EvaluationResult(contentsOf: workspace("\(Workspace.run)/evaluation.json"))
    #expect(result.classes == ["background", "cat", "dog"])
    #expect(result.images == 2)
    #expect(result.views == .init(scales: [1], mirror: false))
    #expect((0...1).contains(try #require(result.pixelAccuracy)))
  }

  @Test("the report shows each photograph with its pictures") func report() throws {
    let page = try String(contentsOfFile: workspace("\(Workspace.run)/report.html"), encoding: .utf8)
    func captions(_ name: String) -> Int { page.components(separatedBy: "<figcaption>\(name)</figcaption>").count - 1 }
    // Two validation rows and two training rows, whose ground truth is known as well.
    for name in ["Photograph", "Prediction", "Ground truth", "Errors", "Annotation probability"] {
      #expect(captions(name) == 4, "\(name)")
    }
    #expect(captions("Scribbles") == 2)
    for fact in ["written", "version", "host", "device", "seed", "command"] {
      #expect(page.contains("<dt>\(fact)</dt><dd>"), "\(fact)")
    }
    #expect(page.contains("<dd>blpseg train tiny.yaml</dd>"))
    for id in Workspace.validationPhotographs { #expect(page.contains(id)) }
    #expect(page.contains("decoder_width: 8"))
  }

  @Test("the record has a line for each step and each validation") func record() throws {
    let lines = try InputFile.lines(workspace("\(Workspace.run)/metrics.jsonl"))
    #expect(lines.filter { $0.contains("scribble_loss") }.count == 12)
    #expect(lines.filter { $0.contains("mean_iou") }.count == 3)
  }

  @Test("a killed run continues to the same weights, bit for bit", .timeLimit(.minutes(2))) func killed() throws {
    let running = try Program.Running(["train", "tiny.yaml", "--set", "output=runs/killed"], in: workspace.path)
    #expect(running.waits { workspace.exists("runs/killed/last.safetensors") })
    running.send(SIGKILL)
    #expect(try running.outcome().code == -SIGKILL)
    let resumed = try workspace.blpseg("train", "tiny.yaml", "--resume", "--set", "output=runs/killed")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("continuing after step "))
    try expectSameWeights("runs/killed")
  }

  @Test("an interrupted run exits with 130 and continues to the same weights", .timeLimit(.minutes(2)))
  func interrupted() throws {
    let running = try Program.Running(["train", "tiny.yaml", "--set", "output=runs/stopped"], in: workspace.path)
    #expect(running.waits { (try? workspace.data("runs/stopped/metrics.jsonl"))?.isEmpty == false })
    running.send(SIGINT)
    let outcome = try running.outcome()
    #expect(outcome.code == 130)
    #expect(
      outcome.errorLines.last
        == "Interrupted; saved to runs/stopped/last.safetensors. Continue with --resume.")
    #expect(outcome.output.isEmpty)
    #expect(!workspace.exists("runs/stopped/report.html"))
    let resumed = try workspace.blpseg("train", "tiny.yaml", "--resume", "--set", "output=runs/stopped")
    #expect(resumed.code == 0, "\(resumed.errors)")
    try expectSameWeights("runs/stopped")
  }

  @Test("settings that changed since the checkpoint are told") func changed() throws {
    try FileManager.default.copyItem(atPath: workspace(Workspace.run), toPath: workspace("runs/longer"))
    let resumed = try workspace.blpseg(
      "train", "tiny.yaml", "--resume", "--set", "output=runs/longer", "--set", "training.iterations=13")
    #expect(resumed.code == 0, "\(resumed.errors)")
    let changes = resumed.errorLines.filter { $0.hasPrefix("changed since the checkpoint: ") }
    #expect(
      changes.map { $0.dropFirst("changed since the checkpoint: ".count) } == [
        "output was runs/tiny, is runs/longer", "training.iterations was 12, is 13",
      ])
    #expect(resumed.errors.contains("continuing after step 12\n"))
    #expect(resumed.errors.contains("step 13/13 "))
  }

  @Test("16 bits that the processor has no instructions for are computed in float32, which is told and kept")
  func sixteenBits() throws {
    let outcome = try workspace.blpseg(
      "train", "tiny.yaml", "--set", "output=runs/sixteen", "--set", "training.precision=bfloat16", "--set",
      "training.iterations=1")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let computed = Device.cpu.multiplies(.bfloat16) ? "bfloat16" : "float32"
    #expect(outcome.errors.contains(", \(computed) on cpu\n"))
    let log = String(decoding: try workspace.data("runs/sixteen/train.log"), as: UTF8.self)
    #expect(log.contains("computing in float32, ") == (computed == "float32"))
    let starts = String(decoding: try workspace.data("runs/sixteen/run.json"), as: UTF8.self)
    #expect(starts.contains("\"precision\" : \"\(computed)\""))
  }

  private func expectSameWeights(_ run: String) throws {
    let expected = try workspace.tensors("\(Workspace.run)/last.safetensors")
    let found = try workspace.tensors("\(run)/last.safetensors")
    #expect(found.keys.sorted() == expected.keys.sorted())
    #expect(expected.count > 300)
    let different = expected.filter { found[$0.key] != $0.value }.keys.sorted()
    #expect(different.isEmpty)
  }
}
