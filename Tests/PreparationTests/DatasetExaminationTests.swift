import Datasets
import Files
import Foundation
import Images
import Preparation
import TestDatasets
import TestSupport
import Testing

@Suite("Examining data sets") struct DatasetExaminationTests {
  @Test("Every fault of every file is found, in list order", arguments: [1, 2, 5]) func faults(_ threads: Int) throws {
    let tree = try SmallTree(["a", "b", "c", "d"])
    try tree.folder.write("images/b.jpg", "not a photograph")
    try tree.folder.write("scribbles/b.xml", "not scribbles")
    try LabelMap(width: 4, height: 4, filledWith: 0).write(palettePNG: tree.folder("masks/b.png"))
    try LabelMap(width: 4, height: 4, filledWith: 0).write(palettePNG: tree.folder("masks/d.png"))
    let examination = DatasetExamination(of: try tree.dataset(), threads: threads)
    #expect(
      examination.faults.map(\.path) == ["images/b.jpg", "scribbles/b.xml", "masks/d.png"].map { tree.folder($0) })
    #expect(examination.summary.count == 2)
    #expect(examination.isComplete)
  }

  @Test("What is wrong with a list and its folders is all found, and the rest is kept") func salvage() throws {
    let tree = try SmallTree(["a", "b", "c"])
    var layout = tree.layout
    layout.list = try tree.folder.write("odd.txt", "a\n../x\na\nb\nc\nghost\n")
    try FileManager.default.removeItem(atPath: tree.folder("masks/c.png"))
    var faults: [FileError] = []
    let dataset = SegmentationDataset(salvaging: layout, classes: try SmallTree.classes(), &faults)
    #expect(dataset.items.map(\.id) == ["a", "b"])
    let expected = [
      "lists \"../x\"", "lists \"a\" twice", "1 of 4 listed ids has no photographs",
      "1 of 4 listed ids has no scribbles", "2 of 4 listed ids have no ground truth (.png, .mat) in",
    ]
    #expect(faults.count == expected.count)
    for (fault, problem) in zip(faults, expected) { #expect(fault.problem.hasPrefix(problem), "\(fault)") }
  }

  @Test("A folder and a list that are missing are faults, and nothing is left") func missing() throws {
    let tree = try SmallTree()
    var layout = tree.layout
    (layout.images, layout.list) = (tree.folder("nowhere"), tree.folder("no.txt"))
    var faults: [FileError] = []
    let dataset = SegmentationDataset(salvaging: layout, classes: try SmallTree.classes(), &faults)
    #expect(faults.map(\.reason) == [.missing, .missing])
    #expect(dataset.items.isEmpty)
    #expect(DatasetExamination(of: dataset).summary.count == 0)
  }

  @Test("The work ends when it is asked to") func stop() throws {
    let tree = try SmallTree((0..<200).map { "i\($0)" })
    let examination = DatasetExamination(of: try tree.dataset(), threads: 1, shouldStop: { true })
    #expect(examination.faults.isEmpty)
    #expect(examination.isComplete == (examination.summary.count == 200))
  }
}
