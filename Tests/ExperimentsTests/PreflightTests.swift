import Experiments
import Files
import Foundation
import Images
import Preparation
import Settings
import TestSupport
import Testing

@Suite("Checks before a run") struct PreflightTests {
  private let folder: TemporaryFolder

  /// Eight photographs of 60 x 40 pixels, each with a stroke on the background and one on a cat.
  init() throws {
    folder = try TemporaryFolder()
    let ids = (0..<8).map { "i\($0)" }
    for (index, id) in ids.enumerated() {
      var map = LabelMap(width: 60, height: 40, filledWith: Label.ignored)
      for x in 0..<60 {
        map.labels[x] = 0
        map.labels[20 * 60 + x] = 1
      }
      for kind in ["JPEGImages", "scribbles"] { try folder.write("data/\(kind)/\(id).png", []) }
      let pixels = [UInt8](repeating: UInt8(index), count: 60 * 40 * 3)
      try Image(width: 60, height: 40, pixels: pixels).write(png: folder("data/JPEGImages/\(id).png"))
      try map.write(palettePNG: folder("data/scribbles/\(id).png"))
    }
    try folder.write("data/ImageSets/Segmentation/train.txt", ids.joined(separator: "\n"))
    try folder.write("data/classes.txt", "background\ncat\n")
  }

  @Test("Nothing is found where all fits, but for random weights") func sound() throws {
    let preflight = Preflight(try settings(), for: .report)
    #expect(preflight.findings.map(\.subject) == ["model.backbone_weights"])
    #expect(preflight.findings.map(\.kind) == [.doubt])
    #expect(preflight.contents.hasPrefix("training: 8 images of 60 x 40 pixels, 2 classes"))
  }

  @Test(
    "Settings that fit neither the images nor each other are doubted with numbers",
    arguments: [
      ("data.crop=1024", "data.crop", "fill 0.23 % of such a crop"),
      ("data.scale=[4, 4]", "data.crop", "so that a crop sees "),
      ("training.self_training_start=10000", "training.self_training_start", "training ends after 400 steps"),
      ("loss.scribble=0", "loss.scribble", "choose loss.gamma=0"),
      ("training.batch_size=9", "training.batch_size", "there are 8 training images"),
      ("training.epochs=10", "training.epochs", "which is 40 steps in all, as 8 images make 4 batches of 2 per epoch"),
    ])
  func doubts(_ override: String, _ subject: String, _ words: String) throws {
    let crop = override.contains("scale") ? ["data.crop=32"] : []
    let findings = Preflight(try settings([override] + crop), for: .training).findings
    let finding = try #require(findings.first { $0.subject == subject }, "\(findings)")
    #expect(finding.kind == .doubt)
    #expect(finding.sentence.contains(words), "\(finding)")
  }

  @Test("An objective without losses is a problem, and the BLP loss alone none with a gamma of 0")
  func objective() throws {
    func findings(_ overrides: [String]) throws -> [Finding] {
      Preflight(try settings(overrides), for: .training).findings.filter { $0.subject.hasPrefix("loss") }
    }
    let none = try findings(["loss.scribble=0", "loss.blp=0"])
    #expect(none.map(\.subject) == ["loss"] && none.map(\.kind) == [.problem])
    #expect(try findings(["loss.scribble=0", "loss.gamma=0"]).isEmpty)
    #expect(try findings(["loss.scribble=0", "loss.blp=0", "loss.tags=1"]).isEmpty)
  }

  @Test("Weights, device and output folder that cannot be used are problems, all told together") func problems() throws
  {
    try folder.write("file", "x")
    let findings = Preflight(
      try settings(["model.backbone_weights=\(folder("no.pth"))", "device=cuda:99", "output=\(folder("file/run"))"]),
      for: .report
    ).findings
    #expect(findings.map(\.kind) == [.problem, .problem, .problem])
    #expect(findings.map(\.subject) == [folder("no.pth"), folder("file"), "device"])
    #expect(findings.map(\.cause) == [.missingFile, .contents, .setting])
  }

  @Test("Where the folder of all data is missing, that alone is told of them") func noRoot() throws {
    let findings = Preflight(try settings(["data.root=\(folder("none"))"]), for: .report).findings
    #expect(findings.filter { $0.kind == .problem }.map(\.subject) == [folder("none")])
  }

  @Test("A run that goes on does not load the images again") func continuation() throws {
    try folder.write("data/JPEGImages/i0.png", "<html>")
    #expect(Preflight(try settings(), for: .continuation).findings.isEmpty)
    #expect(Preflight(try settings(), for: .training).findings.contains { $0.kind == .problem })
  }

  @Test("A problem ends the run before anything is written, and all problems are thrown together") func thrown() throws
  {
    try folder.write("data/JPEGImages/i0.png", "<html>")
    try folder.write("data/scribbles/i1.png", "<html>")
    let experiment = try Experiment(settings())
    let failure = try #require(throws: PreflightFailure.self) { try TrainingRun(experiment).run(resume: false) }
    #expect(failure.problems.map(\.subject) == ["JPEGImages/i0.png", "scribbles/i1.png"].map { folder("data/\($0)") })
    #expect(!FileManager.default.fileExists(atPath: experiment.folder.path))
  }

  private func settings(_ overrides: [String] = []) throws -> ExperimentSettings {
    try load(
      """
      output: \(folder("run"))
      data: {root: \(folder("data")), crop: 64, validation_list: null}
      training: {epochs: 100, batch_size: 2, self_training_start_fraction: 0.5}
      """, overrides)
  }
}
