import Datasets
import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite("Lists of photographs") struct PhotographListTests {
  @Test("Folders are listed in order, files taken as named, each once") func expansion() throws {
    let folder = try TemporaryFolder()
    for name in ["in/b.jpg", "in/a.PNG", "in/c.jpeg", "in/notes.txt", "in/.hidden.jpg", "in/deeper/d.jpg", "x.dat"] {
      try folder.write(name, "")
    }
    let list = try PhotographList([folder("x.dat"), folder("in/b.jpg"), folder("in")])
    #expect(list.items.map(\.path) == ["x.dat", "in/b.jpg", "in/a.PNG", "in/c.jpeg"].map { folder($0) })
    #expect(list.items.map(\.resultPath) == ["x", "b", "a", "c"])
    #expect(list.otherFiles == [folder("in/notes.txt")])
    #expect(list.foldersLeft == [folder("in/deeper")])
  }

  @Test("Folders inside are entered if so wished, but that of the results, and no ring of links without end")
  func recursion() throws {
    let folder = try TemporaryFolder()
    for name in ["in/1.jpg", "in/plotA/1.jpg", "in/plotB/day 2/1.png", "in/masks/1.png"] { try folder.write(name, "") }
    try FileManager.default.createSymbolicLink(atPath: folder("in/plotA/up"), withDestinationPath: folder("in"))
    let list = try PhotographList([folder("in")], isRecursive: true, results: folder("in/masks"))
    #expect(list.items.map(\.resultPath) == ["1", "plotA/1", "plotB/day 2/1"])
    #expect(list.items[2].path == folder("in/plotB/day 2/1.png"))
    #expect(list.foldersLeft.isEmpty)
  }

  @Test("Masks and overlays beside their photographs are results, other pictures of their names are not")
  func results() throws {
    let folder = try TemporaryFolder()
    for name in ["a.jpg", "b.jpg", "c.png", "c.overlay.png", "d.overlay.png"] { try folder.write(name, "") }
    try LabelMap(width: 2, height: 2, filledWith: 1).write(palettePNG: folder("a.png"))
    try Image(width: 2, height: 2, pixels: Array(repeating: 9, count: 12)).write(png: folder("b.png"))
    let list = try PhotographList([folder.path])
    #expect(list.items.map { Path.name(of: $0.path) } == ["a.jpg", "b.jpg", "b.png", "c.png", "d.overlay.png"])
    #expect(list.earlierResults == [folder("a.png"), folder("c.overlay.png")])
  }

  @Test("Names that differ in their Unicode normal form alone are two photographs") func normalForms() throws {
    let folder = try TemporaryFolder()
    for name in ["\u{e9}.jpg", "e\u{301}.jpg"] { try folder.write(name, "") }
    let list = try PhotographList([folder.path])
    #expect(list.items.map { Array($0.resultPath.utf8) } == [Array("e\u{301}".utf8), Array("\u{e9}".utf8)])
    #expect(try FileList.expand([folder.path], extensions: ["jpg"]).count == 2)
  }

  @Test("Nothing named, nothing there and nothing found are errors") func nothing() throws {
    let folder = try TemporaryFolder()
    try folder.write("empty/inner/a.jpg", "")
    #expect(throws: FileError.self) { try PhotographList([]) }
    let missing = try #require(throws: FileError.self) { try PhotographList([folder("missing")]) }
    #expect(missing.reason == .missing)
    let empty = try #require(throws: FileError.self) { try PhotographList([folder("empty")]) }
    #expect(empty.path == folder("empty"))
    #expect(empty.problem == "holds no .jpg, .jpeg or .png file; --recursive enters the folder in it")
  }
}
