import Checkpoints
import Evaluation
import Files
import Foundation
import Images
import TestSupport
import Testing

/// Data that loads and means something else, through the program.
@Suite(.serialized) struct DoubtfulDataTests {
  let folder: TemporaryFolder

  /// Four photographs with a stroke of each class; masks of 0 and 255, as other programs write them.
  init() throws {
    folder = try TemporaryFolder()
    let ids = ["a", "b", "c", "d"]
    for (index, id) in ids.enumerated() {
      let pixels = (0..<48 * 48 * 3).map { UInt8(($0 * 7 + index * 40) % 256) }
      try folder.write("data/JPEGImages/\(id).png", [])
      try Image(width: 48, height: 48, pixels: pixels).write(png: folder("data/JPEGImages/\(id).png"))
      try write(id, "scribbles") { $0 < 48 ? 0 : $0 < 96 ? 1 : 255 }
      try write(id, "SegmentationClass") { $0 < 800 ? 255 : 0 }
    }
    try folder.write("data/ImageSets/Segmentation/train.txt", "a\nb\n")
    try folder.write("data/ImageSets/Segmentation/val.txt", "c\nd\n")
    try folder.write("data/classes.txt", "background\nobject\n")
    try folder.write(
      "tiny.yaml",
      """
      recipe: published
      model: {decoder_width: 8}
      data: {root: data, crop: 48, workers: 1}
      training: {iterations: 1, batch_size: 2, self_training_start: 0}
      evaluation: {scales: [1], mirror: false, report_images: 1}
      threads: 1
      """)
  }

  @Test("masks of 0 and 255 are doubted by the check, before training and by an evaluation, and no 0 is a result")
  func masks() throws {
    let check = try blpseg("prepare", "check", "tiny.yaml")
    #expect(check.code == 0, "\(check.output)")
    #expect(
      check.output.contains("No problems found.\n\n2 doubts:\n  data/SegmentationClass: holds no pixel of class 1"))
    try Snapshot.expect(check.output.replacing(folder.path, with: "FOLDER"), is: "doubts.txt")

    let training = try blpseg("train", "tiny.yaml")
    #expect(training.code == 0, "\(training.errors)")
    let doubt = "doubt: data/SegmentationClass: holds no pixel of class 1 (\"object\") in the masks"
    #expect(training.errors.contains(doubt))
    #expect(try InputFile.text(folder("runs/tiny/train.log")).contains(doubt))
    #expect(training.output.hasSuffix("In no mask, and left out of the means: object.\n"))
    #expect(try EvaluationResult(contentsOf: folder("runs/tiny/evaluation.json")).iou[1] == nil)

    let evaluation = try blpseg("evaluate", "tiny.yaml")
    #expect(evaluation.errors.contains(doubt))
    let mended = try blpseg("evaluate", "tiny.yaml", "--set", "data.mask_values={0: background, 255: object}")
    #expect(mended.code == 0 && !mended.errors.contains("doubt"), "\(mended.errors)")
    #expect(try EvaluationResult(contentsOf: folder("runs/tiny/evaluation.json")).iou[1] != nil)
  }

  @Test("masks of void alone leave a run without a best checkpoint and without numbers") func void() throws {
    for id in ["c", "d"] { try write(id, "SegmentationClass") { _ in 255 } }
    let training = try blpseg("train", "tiny.yaml")
    #expect(training.code == 0, "\(training.errors)")
    #expect(training.errors.contains("doubt: data/SegmentationClass: holds nothing but void (255)"))
    #expect(!training.errors.contains("validation mIoU 0.00"))
    #expect(!FileManager.default.fileExists(atPath: folder("runs/tiny/best.safetensors")))
    #expect(try EvaluationResult(contentsOf: folder("runs/tiny/evaluation.json")).meanIoU == nil)
    #expect(training.errors.contains("Weights: runs/tiny/last.safetensors"))
  }

  @Test("scribbles of one class stop the run, and the setting that the sentence names lets it go on") func white()
    throws
  {
    for id in ["a", "b"] { try write(id, "scribbles") { $0 < 48 ? 255 : $0 < 96 ? 1 : 0 } }
    for id in ["a", "b"] { try write(id, "white") { $0 < 48 ? 255 : 0 } }
    let white = try blpseg("train", "tiny.yaml", "--set", "data.scribbles=white")
    #expect((white.code, white.errorLines.count) == (1, 1))
    #expect(
      white.errors.contains("if 255 is what was drawn and 0 is not (white strokes on black), set data.scribble_values"))
    #expect(!FileManager.default.fileExists(atPath: folder("runs")))

    let values = "data.scribble_values={0: unlabelled, 1: background, 255: object}"
    let mended = try blpseg("prepare", "check", "tiny.yaml", "--set", values)
    #expect(mended.code == 0 && !mended.output.contains("data/scribbles: "), "\(mended.output)")
    #expect(try blpseg("train", "tiny.yaml", "--set", values).code == 0)
    let settings = try InputFile.text(folder("runs/tiny/settings.yaml"))
    #expect(settings.contains("  scribble_values: {0: unlabelled, 1: background, 255: object}\n"))
  }

  @Test("a run that cannot begin tells all that is wrong") func severalProblems() throws {
    try folder.write("data/JPEGImages/a.png", "<html>")
    let outcome = try blpseg(
      "train", "tiny.yaml", "--set", "data.classes=no.txt", "--set", "model.backbone_weights=no.pth")
    #expect(outcome.code == 66)
    #expect(
      outcome.errorLines.map { $0.prefix(7) } == ["blpseg:", "blpseg:", "blpseg:"])
    for path in ["data/no.txt", "data/JPEGImages/a.png", "no.pth"] {
      #expect(outcome.errors.contains("blpseg: \(path): "))
    }
  }

  private func blpseg(_ arguments: String...) throws -> Program.Outcome { try Program.run(arguments, in: folder.path) }

  private func write(_ id: String, _ kind: String, _ label: (Int) -> UInt8) throws {
    try folder.write("data/\(kind)/\(id).png", [])
    try LabelMap(width: 48, height: 48, labels: (0..<48 * 48).map(label)).write(
      palettePNG: folder("data/\(kind)/\(id).png"))
  }
}
