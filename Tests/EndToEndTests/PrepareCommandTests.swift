import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite struct PrepareCommandTests {
  let workspace: Workspace
  let folder: TemporaryFolder

  init() throws {
    workspace = try Workspace.shared.get()
    folder = try TemporaryFolder()
  }

  @Test("a data set that is well is told what it holds") func check() throws {
    let outcome = try workspace.blpseg("prepare", "check", "tiny.yaml")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.contains("training: 5 images of "))
    #expect(outcome.output.contains("validation: 2 images of "))
    #expect(outcome.output.contains("\n\nNo problems found.\n\n"))
    #expect(outcome.output.contains("\n  model.backbone_weights: is null, so that the backbone starts from random"))
    #expect(outcome.output.hasSuffix("--set output=FOLDER.\n"))
  }

  @Test("all problems are told at once, those of data, classes, weights, device and folder") func checkOfBadData()
    throws
  {
    let bad = try Workspace.withBadInput.get()
    let outcome = try bad.blpseg(
      "prepare", "check", "tiny.yaml", "--set", "data.train_list=../bad/truncated.txt", "--set",
      "data.validation_list=../bad/label.txt", "--set", "device=cuda:99", "--set",
      "model.backbone_weights=nowhere.pth", "--set", "output=tiny.yaml/x")
    #expect(outcome.code == 1)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.contains("training: 1 image of "))
    let lines = outcome.output.split(separator: "\n").map(String.init)
    let start = try #require(lines.firstIndex(of: "5 problems:"))
    #expect(lines[start + 1].hasPrefix("  data/JPEGImages/truncated.jpg: is cut short"))
    #expect(lines[start + 2].hasPrefix("  data/SegmentationClass/label.png: has label 7 at column 0, row 0"))
    #expect(lines[start + 3].hasPrefix("  nowhere.pth: no such file"))
    #expect(lines[start + 4].hasPrefix("  tiny.yaml: is a file, a folder was expected"))
    #expect(lines[start + 5].hasPrefix("  device: cuda:99 is not there"))
  }

  @Test("a list that is missing is a problem") func checkWithoutList() throws {
    let outcome = try workspace.blpseg("prepare", "check", "tiny.yaml", "--set", "data.train_list=nowhere.txt")
    #expect(outcome.code == 1)
    #expect(outcome.output.contains("training: no image could be loaded\n"))
    #expect(outcome.output.contains("1 problem:\n  data/nowhere.txt: no such file at /"))
    #expect(outcome.output.contains("validation: 2 images of "))
  }

  @Test("a list of classes that is missing hides nothing else") func checkWithoutClasses() throws {
    let bad = try Workspace.withBadInput.get()
    let outcome = try bad.blpseg(
      "prepare", "check", "tiny.yaml", "--set", "data.classes=no.txt", "--set", "data.label_names=classes.txt", "--set",
      "data.train_list=../bad/truncated.txt")
    #expect(outcome.code == 1)
    #expect(outcome.output.contains("training: 1 image of "))
    #expect(outcome.output.contains("3 problems:\n  data/no.txt: no such file at /"))
    #expect(outcome.output.contains("\n  data/classes.txt: "))
    #expect(outcome.output.contains("\n  data/JPEGImages/truncated.jpg: is cut short"))
  }

  @Test("scribbles become palette PNGs that train like their XML") func scribbles() throws {
    let out = folder("png")
    let outcome = try workspace.blpseg(
      "prepare", "scribbles", "data/scribbles", "--out", out, "--classes", "data/classes.txt")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let count = try InputFile.names(inFolder: workspace("data/scribbles")).count
    #expect(outcome.errorLines == ["\(count) of \(count) files converted into \(out)"])
    let map = try LabelMap(contentsOf: "\(out)/\(Workspace.photographs[0]).png")
    #expect(Set(map.labels).isSuperset(of: [0, 255]) && Set(map.labels).isSubset(of: [0, 1, 2, 255]))
    let check = try workspace.blpseg("prepare", "check", "tiny.yaml", "--set", "data.scribbles=\(out)")
    let original = try workspace.blpseg("prepare", "check", "tiny.yaml")
    #expect(check.output == original.output)
  }

  @Test("a bad file among scribbles is reported, the others are converted, and the exit code tells") func badScribbles()
    throws
  {
    let good = try InputFile.text(Fixture.golden("scribbles/quirks.xml"))
    for name in ["a", "c"] { try folder.write("in/\(name).xml", good) }
    try folder.write("in/b.xml", good.replacingOccurrences(of: "</annotation>", with: ""))
    let outcome = try workspace.blpseg("prepare", "scribbles", folder("in"), "--out", folder("out"), "--dataset", "voc")
    #expect(outcome.code == 1)
    try #require(outcome.errorLines.count == 2)
    #expect(outcome.errorLines[0].hasPrefix("blpseg: \(folder("in/b.xml")): line "))
    #expect(outcome.errorLines[1] == "2 of 3 files converted into \(folder("out"))")
    #expect(try InputFile.names(inFolder: folder("out")) == ["a.png", "c.png"])
  }

  @Test("PASCAL-Context is converted, checked and renamed in turn on request") func context() throws {
    let mat = Array(try InputFile.read(Fixture.golden("context/compressed_uint16.mat")))
    try folder.write("SegmentationClass/x.mat", mat)
    try folder.write("ImageSets/Segmentation/val.txt", "x\n")
    try folder.write("JPEGImages/x.png", [])
    let renamed = try convert(folder("SegmentationClass"), "--out", folder("png"))
    let inTurn = try convert(folder("SegmentationClass"), "--out", folder("turn"), "--sequential-renaming")
    let named = try convert(
      folder("SegmentationClass/x.mat"), "--out", folder("named"), "--label-names",
      Fixture.golden("context/labels.txt"),
      "--classes", Fixture.golden("context/59_labels.txt"))
    #expect(renamed == named)
    let changed = zip(renamed.labels, inTurn.labels).filter { $0 != $1 }
    #expect(!changed.isEmpty)
    // bag, bed, bench and bedclothes become background and bicycle.
    #expect(Set(changed.map(\.0)).isSubset(of: [21, 22, 23, 52]) && Set(changed.map(\.1)).isSubset(of: [0, 2]))

    let pixels = [UInt8](repeating: 90, count: renamed.labels.count * 3)
    try Image(width: renamed.width, height: renamed.height, pixels: pixels).write(png: folder("JPEGImages/x.png"))
    try folder.write("context.yaml", "data: {root: \(folder.path), classes: context, scribbles: none}\n")
    let check = try workspace.blpseg("prepare", "check", folder("context.yaml"))
    #expect(check.code == 1)
    #expect(check.output.contains("validation: 1 image of \(renamed.width) x \(renamed.height) pixels, 60 classes"))
  }

  @Test("the list trainaug is written once, and not over another") func trainAug() throws {
    for id in ["b", "a", "v"] { try folder.write("VOC2012/SegmentationClassAug/\(id).png", "") }
    try folder.write("VOC2012/ImageSets/Segmentation/val.txt", "v\n")
    let list = folder("VOC2012/ImageSets/Segmentation/trainaug.txt")
    let first = try workspace.blpseg("prepare", "trainaug", folder.path)
    #expect((first.code, first.errorLines) == (0, ["\(list): 2 ids"]))
    #expect(try InputFile.text(list) == "a\nb\n")
    #expect(try workspace.blpseg("prepare", "trainaug", folder.path).errorLines == ["\(list): 2 ids, as it was"])
    try folder.write("VOC2012/ImageSets/Segmentation/trainaug.txt", "a\n")
    #expect(try workspace.blpseg("prepare", "trainaug", folder.path).code == 1)
    #expect(try workspace.blpseg("prepare", "trainaug", folder.path, "--force").code == 0)
  }

  static let refusals: [(arguments: [String], code: Int32, message: String)] = [
    (["check", "nowhere.yaml"], 66, "nowhere.yaml: no such file"),
    (["scribbles", "nowhere", "--out", "x", "--dataset", "voc"], 66, "nowhere: no such file or folder"),
    (["scribbles", "runs", "--out", "x", "--dataset", "voc"], 1, "runs: holds no .xml file"),
    (["scribbles", "data/scribbles", "--out", "tiny.yaml", "--dataset", "voc"], 1, "tiny.yaml: is a file, a folder"),
    (["scribbles", "data/scribbles", "--out", "x", "--classes", "no.txt"], 66, "no.txt: no such file"),
    (["context", "runs", "--out", "x"], 1, "runs: holds no .mat file"),
    (["context", "data", "--out", "x", "--label-names", "no.txt"], 66, "no.txt: no such file"),
    (["context", "data", "--out", "x", "--classes", "tiny.yaml"], 1, "not among the 459 names of the labels"),
    (["trainaug", "nowhere"], 66, "nowhere/SegmentationClassAug: no such folder"),
  ]

  @Test("what cannot be served is refused in one sentence that names it", arguments: refusals.indices)
  func refused(_ index: Int) throws {
    let refusal = Self.refusals[index]
    let outcome = try Program.run(["prepare"] + refusal.arguments, in: workspace.path)
    #expect(outcome.code == refusal.code, "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(refusal.message), "\(outcome.errors)")
    #expect(!workspace.exists("x"))
  }

  @Test(
    "scribbles without classes, or with two kinds of them, are answered with the usage",
    arguments: [
      [], ["--dataset", "voc", "--classes", "data/classes.txt"], ["--dataset", "coco"],
    ])
  func usage(_ classes: [String]) throws {
    let outcome = try Program.run(
      ["prepare", "scribbles", "data/scribbles", "--out", "x"] + classes, in: workspace.path)
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("Usage: blpseg prepare scribbles"))
  }

  private func convert(_ arguments: String...) throws -> LabelMap {
    let outcome = try Program.run(["prepare", "context"] + arguments, in: workspace.path)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let place = try #require(arguments.firstIndex(of: "--out"))
    return try LabelMap(contentsOf: "\(arguments[place + 1])/x.png")
  }
}
