import Datasets
import Files
import TestSupport
import Testing

@Suite("Lists of photographs") struct PhotographListTests {
  @Test("Folders are listed in order, files taken as named, each once") func expansion() throws {
    let folder = try TemporaryFolder()
    for name in ["in/b.jpg", "in/a.PNG", "in/c.jpeg", "in/notes.txt", "in/.hidden.jpg", "in/deeper/d.jpg", "x.dat"] {
      try folder.write(name, "")
    }
    let found = try PhotographList.expand([folder("x.dat"), folder("in/b.jpg"), folder("in")])
    #expect(found == ["x.dat", "in/b.jpg", "in/a.PNG", "in/c.jpeg"].map { folder($0) })
  }

  @Test("Nothing named, nothing there and nothing found are errors") func nothing() throws {
    let folder = try TemporaryFolder()
    try folder.write("empty/notes.txt", "")
    #expect(throws: FileError.self) { try PhotographList.expand([]) }
    let missing = try #require(throws: FileError.self) { try PhotographList.expand([folder("missing")]) }
    #expect(missing.reason == .missing)
    let empty = try #require(throws: FileError.self) { try PhotographList.expand([folder("empty")]) }
    #expect(empty.path == folder("empty"))
  }
}
