import Files
import Foundation
import Settings
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
      error?.problem == "no such file; the names of the classes, one per line, background first, was expected there")
  }
}
