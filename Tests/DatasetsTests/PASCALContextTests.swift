import Datasets
import Files
import Images
import TestSupport
import Testing

@Suite("Names and classes of PASCAL-Context") struct LabelRenamingTests {
  @Test("The known names are those of the published file") func names() throws {
    let names = try LabelNames(contentsOf: Fixture.golden("context/labels.txt"))
    #expect(names.names.count == 459)
    #expect(names == .context)
  }

  @Test("The published list of classes is the known one, tags included, with and without its background")
  func classes() throws {
    let path = Fixture.golden("context/59_labels.txt")
    #expect(try ClassList(contentsOf: path) == .context)
    let folder = try TemporaryFolder()
    let complete = try folder.write("60.txt", "0: background\n" + InputFile.text(path))
    #expect(try ClassList(contentsOf: complete) == .context)
  }

  @Test("Every label becomes the class of its name, all others background") func renaming() throws {
    let renaming = try LabelRenaming(from: .context, to: .context)
    let expected = [0] + LabelNames.context.names.map { ClassList.context.names.firstIndex(of: $0) ?? 0 }
    #expect(renaming.classes.map(Int.init) == expected)
    #expect(Set(renaming.classes).count == 60)
  }

  @Test("Renaming in turn spoils four classes, as in the published program") func sequential() throws {
    let correct = try LabelRenaming(from: .context, to: .context).classes
    let inTurn = try LabelRenaming(from: .context, to: .context, sequentially: true).classes
    let different = correct.indices.filter { correct[$0] != inTurn[$0] }
    #expect(different.map { LabelNames.context.names[$0 - 1] } == ["bag", "bed", "bedclothes", "bench"])
    #expect(
      different.map { ClassList.context.names[Int(inTurn[$0])] } == ["background", "bicycle", "background", "bicycle"])
  }

  @Test("A ground truth holds the classes of the table's labels", arguments: ["compressed_uint16", "plain_double"])
  func groundTruth(_ name: String) throws {
    let table = try InputFile.lines(Fixture.golden("context/label_map.csv"))
      .map { $0.split(separator: ",").compactMap { Int($0) } }
    let renaming = try LabelRenaming(from: .context, to: .context)
    let map = try LabelMap(matFile: Fixture.golden("context/\(name).mat"), renaming)
    #expect((map.width, map.height) == (table[0].count, table.count))
    #expect(map.labels == table.flatMap { row in row.map { renaming.classes[$0] } })
  }

  @Test("A label without a name is reported with its place") func unknownLabel() throws {
    var file = MATLABFile()
    file.add("LabelMap", rows: 2, columns: 2, [0, 459, 460, 1])
    let folder = try TemporaryFolder()
    let map = try folder.write("map.mat", file.bytes)
    let renaming = try LabelRenaming(from: .context, to: .context)
    let error = try #require(throws: FileError.self) { try LabelMap(matFile: map, renaming) }
    #expect(error.problem == "has the value 460 in row 0, column 1 of LabelMap; labels from 0 to 459 have names")
  }

  @Test("A class that no label has is reported") func missingClass() throws {
    let one = try ClassList(["background", "cat", "unicorn"])
    let error = try #require(throws: ClassListError.self) { try LabelRenaming(from: .context, to: one) }
    #expect(error.problem.hasPrefix("\"unicorn\" is not among the 459 names of the labels"))
  }

  @Test(
    "A faulty list of names is reported with file and cause",
    arguments: [
      ("", "names 0 labels"), ("0: background\n", "names 0 labels"), ("accordion\n", "has the line \"accordion\""),
      ("1: a\n3: c\n", "has label 3 (\"c\") where 2 was expected"), ("1: a\n1: b\n", "has label 1 (\"b\") where 2"),
      ("-1: a\n", "has label -1 (\"a\") where 1"),
    ])
  func faults(_ text: String, _ problem: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("labels.txt", text)
    let error = try #require(throws: FileError.self) { try LabelNames(contentsOf: path) }
    #expect(error.path == path)
    #expect(error.problem.contains(problem), "\(error)")
  }
}
