import Files
import Foundation
import Preparation
import TestSupport
import Testing

@Suite("The list trainaug") struct TrainAugListTests {
  private let folder: TemporaryFolder
  private static let vocRoot = "\(Fixture.root)/../shared/data/VOCdevkit"

  init() throws {
    folder = try TemporaryFolder()
    for id in ["2008_2", "2007_9", "2010_1", "2009_5"] {
      try folder.write("VOC2012/SegmentationClassAug/\(id).png", "")
    }
    try folder.write("VOC2012/SegmentationClassAug/notes.txt", "")
    try folder.write("VOC2012/ImageSets/Segmentation/val.txt", "2010_1\n2011_7\n")
  }

  @Test("It names the masks that are not for validation, sorted", arguments: ["", "/VOC2012"])
  func ids(_ inside: String) throws {
    let list = try TrainAugList(root: folder.path + inside)
    #expect(list.ids == ["2007_9", "2008_2", "2009_5"])
    #expect(list.validationIdsWithoutMask == ["2011_7"])
    #expect(list.path == folder("VOC2012/ImageSets/Segmentation/trainaug.txt"))
  }

  @Test("It is written once, and another list is replaced on request only") func writing() throws {
    let list = try TrainAugList(root: folder.path)
    #expect(try list.write(replacing: false))
    #expect(try InputFile.text(list.path) == "2007_9\n2008_2\n2009_5\n")
    #expect(try !list.write(replacing: false))
    try folder.write("VOC2012/ImageSets/Segmentation/trainaug.txt", "2009_5\n2008_2\n2007_9\n")
    #expect(try !list.write(replacing: true))
    try folder.write("VOC2012/ImageSets/Segmentation/trainaug.txt", "mine\n")
    let error = try #require(throws: FileError.self) { try list.write(replacing: false) }
    #expect(error.problem == "lists 1 other ids already, 3 were to be written; keep it, or replace it with --force")
    #expect(try InputFile.text(list.path) == "mine\n")
    #expect(try list.write(replacing: true))
    #expect(try InputFile.lines(list.path) == list.ids)
  }

  @Test("Missing parts of the tree are reported") func missing() throws {
    try FileManager.default.removeItem(atPath: folder("VOC2012/ImageSets/Segmentation/val.txt"))
    #expect(try #require(throws: FileError.self) { try TrainAugList(root: folder.path) }.path.hasSuffix("/val.txt"))
    try folder.write("VOC2012/ImageSets/Segmentation/val.txt", "\n")
    #expect(
      try #require(throws: FileError.self) { try TrainAugList(root: folder.path) }.problem.hasPrefix("lists nothing"))
    try folder.write("VOC2012/ImageSets/Segmentation/val.txt", "2008_2\n2007_9\n2010_1\n2009_5\n")
    #expect(
      try #require(throws: FileError.self) { try TrainAugList(root: folder.path) }.problem.contains("none of them"))
    try FileManager.default.removeItem(atPath: folder("VOC2012/SegmentationClassAug"))
    #expect(try #require(throws: FileError.self) { try TrainAugList(root: folder.path) }.reason == .missing)
  }

  @Test("The VOC tree's list is what it would be", .enabled(if: FileManager.default.fileExists(atPath: vocRoot)))
  func voc() throws {
    let list = try TrainAugList(root: Self.vocRoot)
    #expect(Set(list.ids) == Set(try InputFile.lines(list.path)))
    #expect(list.ids.count == 600)
    #expect(list.validationIdsWithoutMask.isEmpty)
  }
}
