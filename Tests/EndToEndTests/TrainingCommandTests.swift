import Evaluation
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct TrainingCommandTests {
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

  @Test(
    "an interrupted run exits with 130 and continues to the same weights", .timeLimit(.minutes(2)),
    arguments: [SIGINT, SIGHUP])
  func interrupted(signal number: Int32) throws {
    // Whoever runs the tests with nohup hands that on.
    let before = signal(SIGHUP, SIG_DFL)
    defer { signal(SIGHUP, before) }
    try? FileManager.default.removeItem(atPath: workspace("runs/stopped"))
    let running = try Program.Running(["train", "tiny.yaml", "--set", "output=runs/stopped"], in: workspace.path)
    #expect(running.waits { (try? workspace.data("runs/stopped/metrics.jsonl"))?.isEmpty == false })
    running.send(number)
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

  @Test("a run killed while its best weights are new continues to the same record and weights")
  func killedAtBest() throws {
    let running = try Program.Running(["train", "tiny.yaml", "--set", "output=runs/best"], in: workspace.path)
    #expect(running.waits { workspace.exists("runs/best/best.safetensors") })
    running.send(SIGKILL)
    #expect(try running.outcome().code == -SIGKILL)
    #expect(workspace.exists("runs/best/last.safetensors"))
    let resumed = try workspace.blpseg("train", "tiny.yaml", "--resume", "--set", "output=runs/best")
    #expect(resumed.code == 0, "\(resumed.errors)")
    try expectSameWeights("runs/best")
    let steps = try [Workspace.run, "runs/best"].map { run in
      try InputFile.lines(workspace("\(run)/metrics.jsonl")).map { line in
        line.matches(of: /"(iteration|mean_iou)":[0-9.e-]+/).map { String($0.output.0) }
      }
    }
    #expect(steps[0] == steps[1])
  }

  @Test("a run that was started with nohup outlives the terminal") func nohup() throws {
    let running = try Program.Running(
      ["train", "tiny.yaml", "--set", "output=runs/nohup"], in: workspace.path, shell: "trap '' HUP; exec \"$@\"")
    #expect(running.waits { workspace.exists("runs/nohup/last.safetensors") })
    running.send(SIGHUP)
    #expect(try running.outcome().code == 0)
  }

  @Test("a second training in a run's folder is refused while the first lives, and not after it was killed")
  func second() throws {
    let arguments = ["train", "tiny.yaml", "--set", "output=runs/two", "--set", "training.iterations=100000"]
    let first = try Program.Running(arguments, in: workspace.path)
    #expect(first.waits { workspace.exists("runs/two/last.safetensors") })
    for more in [[], ["--resume"]] {
      let refused = try Program.run(arguments + more, in: workspace.path)
      #expect(refused.code == 1)
      #expect(refused.errorLines.count == 1)
      #expect(refused.errors.contains("runs/two: another process (pid \(first.identifier) on "), "\(refused.errors)")
    }
    first.send(SIGKILL)
    #expect(try first.outcome().code == -SIGKILL)
    let resumed = try Program.Running(arguments + ["--resume"], in: workspace.path)
    #expect(resumed.waits { (try? resumed.errors())?.contains("continuing after step ") == true })
    resumed.send(SIGTERM)
    #expect(try resumed.outcome().code == 130)
  }

  @Test("the first step is told at once, also where steps are logged seldom") func firstStep() throws {
    let outcome = try workspace.blpseg(
      "train", "tiny.yaml", "--set", "output=runs/seldom", "--set", "training.log_every=1000", "--set",
      "training.iterations=2", "--set", "data.validation_list=null")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("\nstep 1/2  epoch 1\n"))
    #expect(try InputFile.lines(workspace("runs/seldom/metrics.jsonl")).count == 1)
  }

  @Test("settings, data and the weights of ImageNet are found from any folder, a run's own settings too")
  func anyFolder() throws {
    try workspace.write(
      "model: {decoder_width: 8, backbone_weights: imagenet}\ndata: {root: ../data, crop: 64}\n"
        + "training: {iterations: 1, batch_size: 2}\n", "configs/other.yaml")
    let outcome = try workspace.blpseg("train", "configs/other.yaml", "--set", "output=runs/other")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(workspace.exists("runs/other/last.safetensors"))
    let kept = String(decoding: try workspace.data("runs/other/settings.yaml"), as: UTF8.self)
    #expect(kept.contains("root: "))
    let evaluated = try workspace.blpseg("evaluate", "runs/other/settings.yaml", "--scales", "1")
    #expect(evaluated.code == 0, "\(evaluated.errors)")
    #expect(workspace.exists("runs/other/evaluation.json"))
  }

  @Test("a batch may have more images than there are, and validation may be missing") func smallData() throws {
    let list = "ImageSets/Segmentation/train.txt"
    for name in [list, "classes.txt"] { try workspace.write(workspace.data("data/\(name)"), "few/\(name)") }
    for folder in ["JPEGImages", "scribbles"] {
      try FileManager.default.createSymbolicLink(
        atPath: workspace("few/\(folder)"), withDestinationPath: workspace("data/\(folder)"))
    }
    let outcome = try workspace.blpseg(
      "train", "tiny.yaml", "--set", "data.root=few", "--set", "output=runs/few", "--set", "training.batch_size=7",
      "--set", "training.iterations=2")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("2 steps of 7 images, 1 per epoch"))
    #expect(
      outcome.errors.contains("no validation: there is no \(workspace("few/ImageSets/Segmentation/val.txt"))\n"))
    #expect(workspace.exists("runs/few/last.safetensors"))
  }

  @Test("a finished run that is continued tells that nothing is left") func finished() throws {
    try FileManager.default.copyItem(atPath: workspace(Workspace.run), toPath: workspace("runs/finished"))
    let outcome = try workspace.blpseg("train", "tiny.yaml", "--resume", "--set", "output=runs/finished")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("the run is finished (12 steps), nothing is left to train; go on with --set"))
  }

  @Test("settings that changed since the checkpoint are told") func changed() throws {
    try FileManager.default.copyItem(atPath: workspace(Workspace.run), toPath: workspace("runs/longer"))
    let resumed = try workspace.blpseg(
      "train", "tiny.yaml", "--resume", "--set", "output=runs/longer", "--set", "training.iterations=13")
    #expect(resumed.code == 0, "\(resumed.errors)")
    let changes = resumed.errorLines.filter { $0.hasPrefix("changed since the checkpoint: ") }
    #expect(
      changes.map { $0.dropFirst("changed since the checkpoint: ".count) } == [
        "output was \(workspace("runs/tiny")), is \(workspace("runs/longer"))", "training.iterations was 12, is 13",
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
