import Datasets
import Files
import Foundation
import Images
import TestDatasets
import TestSupport
import Testing

@Suite("Data sets") struct SegmentationDatasetTests {
  private static let vocRoot = "\(Fixture.root)/../shared/data/VOCdevkit"

  @Test("The demo loads completely: sizes agree and labels are classes") func demo() throws {
    let classes = try ClassList(contentsOf: Fixture.demo("classes.txt"))
    for (list, count, scribbles) in [("train", 68, Fixture.demo("scribbles")), ("val", 32, nil)] {
      let layout = DatasetLayout(
        images: Fixture.demo("JPEGImages"), scribbles: scribbles, masks: Fixture.demo("SegmentationClass"),
        list: Fixture.demo("ImageSets/Segmentation/\(list).txt"))
      let dataset = try SegmentationDataset(layout, classes: classes)
      #expect(dataset.count == count)
      for item in dataset.items {
        let sample = try dataset.load(item)
        let mask = try #require(sample.groundTruth)
        #expect((mask.width, mask.height) == (sample.image.width, sample.image.height))
        #expect((sample.scribbles != nil) == (scribbles != nil))
      }
    }
  }

  @Test("Items are in list order and hold what the files say") func order() throws {
    let tree = try SmallTree(["c", "a", "b"])
    let dataset = try tree.dataset()
    #expect(dataset.items.map(\.id) == ["c", "a", "b"])
    let sample = try dataset.load(dataset.items[0])
    let labels = try #require(sample.scribbles).labels
    #expect(Array(labels.prefix(12)) == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    #expect(labels.dropFirst(12).allSatisfy { $0 == Label.ignored })
    #expect(sample.image.pixels[7] == 35)
  }

  @Test("Folders that are not named are not needed") func imagesAndMasksOnly() throws {
    let tree = try SmallTree()
    var layout = tree.layout
    (layout.scribbles, layout.masks) = (nil, nil)
    let dataset = try SegmentationDataset(layout, classes: SmallTree.classes())
    let sample = try dataset.load(dataset.items[1])
    #expect(sample.scribbles == nil && sample.groundTruth == nil)
  }

  @Test("Endings are found in upper case, and XML is preferred to PNG") func endings() throws {
    let tree = try SmallTree()
    try FileManager.default.moveItem(atPath: tree.folder("images/a.jpg"), toPath: tree.folder("images/a.JPEG"))
    try tree.folder.write("scribbles/a.png", "not read")
    let dataset = try tree.dataset()
    #expect(dataset.items[0].image.hasSuffix("images/a.JPEG"))
    #expect(try #require(dataset.items[0].scribbles).hasSuffix("a.xml"))
  }

  @Test(
    "A faulty list is reported with its name",
    arguments: [
      ("", "lists nothing"), ("\n \n", "lists nothing"), ("a\nb\na\n", "lists \"a\" twice"),
      ("a\n../b\n", "lists \"../b\""), ("..\n", "lists \"..\""), ("a\\b\n", "lists \"a\\b\""), ("/etc/passwd", "lists"),
      ("a\nx\ny\nz\nw\n", "4 of 5 listed ids have no photographs (.jpg, .jpeg, .png)"),
      ("a\nx\ny\nz\nw\n", ": x, y, z, ...;"), ("a.jpg\n", "leave the extension out"),
    ])
  func faultyList(_ text: String, _ problem: String) throws {
    let tree = try SmallTree()
    let path = try tree.folder.write("list.txt", text)
    let error = try #require(throws: FileError.self) { try tree.dataset() }
    #expect(error.path == path)
    #expect(error.problem.contains(problem), "\(error)")
  }

  @Test(
    "A missing file is reported before anything is loaded",
    arguments: [
      ("images/b.jpg", "1 of 3 listed ids has no photographs"), ("scribbles/b.xml", "has no scribbles (.xml, .png)"),
      ("masks/b.png", "has no ground truth (.png, .mat)"),
    ])
  func missingFile(_ name: String, _ problem: String) throws {
    let tree = try SmallTree()
    try FileManager.default.removeItem(atPath: tree.folder(name))
    let error = try #require(throws: FileError.self) { try tree.dataset() }
    #expect(error.problem.contains(problem), "\(error)")
    #expect(error.problem.contains(": b;"))
  }

  @Test("A missing list and a missing folder are reported as missing") func missingFolders() throws {
    let tree = try SmallTree()
    for path in [\DatasetLayout.images, \DatasetLayout.list] {
      var layout = tree.layout
      layout[keyPath: path] = tree.folder("nowhere")
      let error = try #require(throws: FileError.self) {
        try SegmentationDataset(layout, classes: SmallTree.classes())
      }
      #expect(error.reason == .missing)
      #expect(error.path == tree.folder("nowhere"))
    }
  }

  @Test("A mask of another size is reported with both sizes and files") func maskSize() throws {
    let tree = try SmallTree()
    try LabelMap(width: 4, height: 6, filledWith: 0).write(palettePNG: tree.folder("masks/a.png"))
    let text = try problem(of: tree)
    #expect(text.contains("masks/a.png: has 4 x 6 pixels, its photograph \(tree.folder("images/a.jpg")) has 6 x 4"))
  }

  @Test("What is odd about files that are used comes with the sample") func warnings() throws {
    let tree = try SmallTree()
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: tree.folder("images/a.jpg"))))
    try tree.folder.write("images/a.jpg", Array(whole.dropLast(12)))
    let mask = Array(try Data(contentsOf: URL(fileURLWithPath: tree.folder("masks/a.png"))))
    try tree.folder.write("masks/a.png", Array(mask.dropLast(12)))
    let dataset = try tree.dataset()
    let expected = [tree.folder("images/a.jpg"), tree.folder("masks/a.png")]
    #expect(try dataset.load(dataset.items[0]).warnings.map(\.path) == expected)
    #expect(try dataset.load(dataset.items[1]).warnings.isEmpty)
    var faults: [FileError] = []
    #expect(dataset.load(dataset.items[0], &faults)?.warnings.map(\.path) == expected)
    #expect(faults.isEmpty)
  }

  @Test("A photograph of too many pixels is refused from its header") func largePhotograph() throws {
    let tree = try SmallTree()
    try tree.folder.write("images/a.jpg", Array(InputFile.read(Fixture.golden("images/bomb.png"))))
    let text = try problem(of: tree)
    #expect(text.contains("has 16000 x 16000 pixels, and photographs of data sets have at most 100000000"), "\(text)")
  }

  @Test("A label that is no class is reported with value and place", arguments: ["masks", "scribbles"])
  func strangeLabel(_ kind: String) throws {
    let tree = try SmallTree()
    var map = LabelMap(width: 6, height: 4, filledWith: 2)
    map.labels[6 * 3 + 2] = 3
    try? FileManager.default.removeItem(atPath: tree.folder("scribbles/a.xml"))
    try map.write(palettePNG: tree.folder("scribbles/a.png"))
    if kind == "masks" {
      try LabelMap(width: 6, height: 4, filledWith: 0).write(palettePNG: tree.folder("scribbles/a.png"))
      try map.write(palettePNG: tree.folder("masks/a.png"))
    }
    let text = try problem(of: tree)
    #expect(
      text.contains("\(kind)/a.png: has label 3 at column 2, row 3; labels 0 to 2 and 255 were expected"), "\(text)")
  }

  @Test("A photograph that cannot be decoded is reported with its name") func corruptPhotograph() throws {
    let tree = try SmallTree()
    try tree.folder.write("images/a.jpg", "<html>404</html>")
    #expect(try problem(of: tree).hasPrefix(tree.folder("images/a.jpg")))
  }

  @Test("A mask may be a MATLAB file, and a PNG beside it is preferred") func matlabMasks() throws {
    let tree = try SmallTree()
    var file = MATLABFile()
    let cat = try #require(LabelNames.context.names.firstIndex(of: "cat")) + 1
    let values = (0..<SmallTree.width * SmallTree.height).map { $0 % SmallTree.height == 1 ? Double(cat) : 1 }
    file.add("LabelMap", rows: SmallTree.height, columns: SmallTree.width, values)
    for id in ["a", "b"] { try tree.folder.write("masks/\(id).mat", file.bytes) }
    try FileManager.default.removeItem(atPath: tree.folder("masks/a.png"))
    let dataset = try tree.dataset()
    let mask = try #require(try dataset.load(dataset.items[0]).groundTruth)
    #expect(mask.labels == (0..<24).map { $0 / 6 == 1 ? 1 : 0 })
    #expect(try #require(dataset.items[1].mask).hasSuffix("b.png"))
  }

  @Test("Masks that are to be renamed in turn must be MATLAB files") func sequentialRenaming() throws {
    let tree = try SmallTree()
    var layout = tree.layout
    layout.maskFormats = [PASCALContextMasks(isSequential: true)]
    let error = try #require(throws: FileError.self) {
      try SegmentationDataset(layout, classes: SmallTree.classes())
    }
    #expect(error.problem.contains("3 of 3 listed ids have no ground truth (.mat)"))
  }

  @Test("MATLAB masks whose labels lack a class are reported before anything is loaded") func foreignClasses() throws {
    let tree = try SmallTree(["a"])
    try FileManager.default.moveItem(atPath: tree.folder("masks/a.png"), toPath: tree.folder("masks/a.mat"))
    let classes = try ClassList(["background", "cat", "unicorn"])
    let error = try #require(throws: FileError.self) { try SegmentationDataset(tree.layout, classes: classes) }
    #expect(error.path == tree.folder("masks"))
    #expect(error.problem.hasPrefix("holds MATLAB files, and class \"unicorn\" is not among the 459 names"))
  }

  @Test("The VOC tree is found, blemishes and all", .enabled(if: FileManager.default.fileExists(atPath: vocRoot)))
  func voc() throws {
    let training = try SegmentationDataset(.voc(root: Self.vocRoot, split: .training), classes: .voc)
    let validation = try SegmentationDataset(.voc(root: Self.vocRoot, split: .validation), classes: .voc)
    #expect((training.count, validation.count) == (600, 300))
    let sample = try training.load(training.items[0])
    #expect(sample.scribbles != nil && sample.groundTruth != nil)
    #expect(try validation.load(validation.items[0]).scribbles == nil)
  }

  /// What loading the first item throws.
  private func problem(of tree: SmallTree) throws -> String {
    let dataset = try tree.dataset()
    let error = try #require(throws: FileError.self) { try dataset.load(dataset.items[0]) }
    return error.description
  }
}
