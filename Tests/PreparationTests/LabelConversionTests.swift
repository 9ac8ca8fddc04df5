import Datasets
import Files
import Foundation
import Images
import Preparation
import TestSupport
import Testing

@Suite("Converting label maps") struct LabelConversionTests {
  private let folder: TemporaryFolder
  private static let published = "\(Fixture.root)/../shared/golden/scribbles/genuine"

  init() throws { folder = try TemporaryFolder() }

  @Test("Scribbles become the PNGs of the published program, named after their files") func scribbles() throws {
    try compare(Fixture.golden("scribbles"), count: 5)
  }

  @Test(
    "Published scribbles become the published PNGs", .enabled(if: FileManager.default.fileExists(atPath: published)))
  func genuine() throws {
    try compare(Self.published, count: 4)
  }

  @Test("A file that cannot be read is reported, and the others are converted") func badFile() throws {
    let good = try InputFile.text(Fixture.golden("scribbles/quirks.xml"))
    for name in ["a", "c", "d"] { try folder.write("in/\(name).xml", good) }
    try folder.write("in/b.xml", "<annotation>")
    try folder.write("in/notes.txt", "")
    var steps: [Int] = []
    let conversion = try LabelConversion.scribbles([folder("in")], to: folder("out"), tags: ClassList.voc.scribbleTags)
    let outcome = try conversion.run(progress: { steps.append($0) }, shouldStop: { false })
    #expect((outcome.written, outcome.left) == (3, 0))
    #expect(outcome.faults.map(\.path) == [folder("in/b.xml")])
    #expect(try InputFile.names(inFolder: folder("out")) == ["a.png", "c.png", "d.png"])
    #expect(steps.last == 4)
  }

  @Test("A palette and indices are written") func palette() throws {
    try folder.write("in/a.xml", InputFile.text(Fixture.golden("scribbles/quirks.xml")))
    let conversion = try LabelConversion.scribbles([folder("in")], to: folder("out"), tags: ClassList.voc.scribbleTags)
    _ = try conversion.run(progress: { _ in }, shouldStop: { false })
    let bytes = Array(try InputFile.read(folder("out/a.png")))
    #expect(bytes[25] == 3, "the colour type of a palette image")
  }

  @Test("Ground truth of PASCAL-Context becomes classes") func context() throws {
    let renaming = try LabelRenaming(from: .context, to: .context)
    let conversion = try LabelConversion.context([Fixture.golden("context")], to: folder.path, renaming: renaming)
    let outcome = try conversion.run(progress: { _ in }, shouldStop: { false })
    #expect((outcome.written, outcome.faults) == (2, []))
    let table = try InputFile.lines(Fixture.golden("context/label_map.csv"))
      .map { $0.split(separator: ",").compactMap { Int($0) } }
    let map = try LabelMap(contentsOf: folder("plain_double.png"))
    #expect(map.labels == table.flatMap { $0.map { renaming.classes[$0] } })
    #expect(try LabelMap(contentsOf: folder("compressed_uint16.png")) == map)
  }

  @Test("Two files with one result, a folder without any and a missing path are errors") func inputs() throws {
    for name in ["x/a.xml", "y/a.xml", "z/a.txt"] { try folder.write(name, "") }
    let error = try #require(throws: FileError.self) { try convert([folder("x"), folder("y")]) }
    #expect(
      error.problem == "would be written for \(folder("x/a.xml")) and for \(folder("y/a.xml")); "
        + "convert them into separate folders")
    #expect(try #require(throws: FileError.self) { try convert([folder("z")]) }.problem == "holds no .xml file")
    #expect(try #require(throws: FileError.self) { try convert([folder("nowhere")]) }.reason == .missing)
  }

  @Test("A stopped conversion leaves whole files and tells what is left") func stop() throws {
    let good = try InputFile.text(Fixture.golden("scribbles/quirks.xml"))
    for i in 0..<300 { try folder.write("in/\(i).xml", good) }
    let outcome = try convert([folder("in")]).run(progress: { _ in }, shouldStop: { true })
    let names = try InputFile.names(inFolder: folder("out"))
    #expect(outcome.written + outcome.left == 300)
    #expect(names.count == outcome.written)
    for name in names { _ = try LabelMap(contentsOf: folder("out/\(name)")) }
  }

  private func convert(_ inputs: [String]) throws -> LabelConversion {
    try LabelConversion.scribbles(inputs, to: folder("out"), tags: ClassList.voc.scribbleTags)
  }

  /// Converts the XML files of a folder and compares with the PNGs beside them, pixel by pixel.
  private func compare(_ source: String, count: Int) throws {
    let outcome = try convert([source]).run(progress: { _ in }, shouldStop: { false })
    #expect((outcome.written, outcome.faults) == (count, []))
    for name in try InputFile.names(inFolder: folder("out")) {
      let (found, expected) = (
        try LabelMap(contentsOf: folder("out/\(name)")), try LabelMap(contentsOf: "\(source)/\(name)")
      )
      // Where quirks.xml has a click, the published program draws nothing.
      let clicks = name == "quirks.png" ? 1 : 0
      let different = zip(found.labels, expected.labels).filter { $0 != $1 }.count
      #expect((found.width, different) == (expected.width, clicks), "\(name): \(different) pixels differ")
    }
  }
}
