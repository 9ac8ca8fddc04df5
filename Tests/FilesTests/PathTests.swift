import Files
import Foundation
import TestSupport
import Testing

@Suite("Parts of paths") struct PathTests {
  @Test(
    "folder, name, stem and extension follow the slashes and the last dot",
    arguments: [
      ("a", ".", "a", "a", ""), ("a/", ".", "a", "a", ""), ("é", ".", "é", "é", ""), ("a/b", "a", "b", "b", ""),
      ("a/b/", "a", "b", "b", ""), ("a//b", "a", "b", "b", ""), ("/a", "/", "a", "a", ""), ("/", "/", "/", "/", ""),
      ("//", "/", "/", "/", ""), ("a/b.c.png", "a", "b.c.png", "b.c", "png"), (".b", ".", ".b", ".b", ""),
      ("a.", ".", "a.", "a", ""), ("./m", ".", "m", "m", ""), ("", ".", "", "", ""), ("a.b/c", "a.b", "c", "c", ""),
    ])
  func parts(path: String, folder: String, name: String, stem: String, ending: String) {
    #expect(Path.folder(of: path) == folder)
    #expect(Path.name(of: path) == name)
    #expect(Path.stem(of: path) == stem)
    #expect(Path.fileExtension(of: path) == ending)
  }

  @Test(
    "the extension alone is taken off", arguments: [("a/b.png", "a/b"), ("b.png", "b"), ("./b.png", "./b"), ("a", "a")])
  func withoutExtension(path: String, expected: String) { #expect(Path.withoutExtension(path) == expected) }

  @Test("a name is put into a folder with one slash")
  func joined() {
    #expect(Path.joined("a", "b") == "a/b")
    #expect(Path.joined("a/", "b") == "a/b")
    #expect(Path.joined("", "b") == "b")
    #expect(Path.joined("a", "/b") == "/b")
  }

  @Test("files and folders of one letter can be written", arguments: ["m", "é", "m/", "m/n", "1"])
  func shortPaths(path: String) throws {
    let folder = try TemporaryFolder()
    let previous = FileManager.default.currentDirectoryPath
    defer { _ = FileManager.default.changeCurrentDirectoryPath(previous) }
    try #require(FileManager.default.changeCurrentDirectoryPath(folder.path))
    try OutputFile.makeFolder(path)
    var isFolder: ObjCBool = false
    #expect(FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue)
    try OutputFile.write("text", to: "o")
    #expect(try InputFile.text("o") == "text")
  }
}

@Suite struct PathPlaceTests {
  @Test(
    "dots in a path are resolved",
    arguments: [
      ("Configs/../Demo", "Demo"), ("./a//b/.", "a/b"), ("a/b/../../c", "c"), ("../x", "../x"), ("a/../..", ".."),
      ("a/..", "."), ("", "."), ("/..", "/"), ("/../a/./b/..", "/a"), ("é/../ü", "ü"),
    ])
  func simplified(path: String, expected: String) { #expect(Path.simplified(path) == expected) }

  @Test("what lies above a link lies elsewhere, and is left to the system") func link() throws {
    let folder = try TemporaryFolder()
    try folder.write("far/inner/x", "")
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: folder("far/inner"))
    #expect(Path.simplified(folder("link/../y")) == folder("link/../y"))
    #expect(Path.simplified(folder("far/inner/../y")) == folder("far/y"))
  }

  @Test("a tilde stands for the home folder, where the user is known") func home() {
    let home = FileManager.default.homeDirectoryForCurrentUser.path
    #expect(Path.expandingHome("~") == home)
    #expect(Path.expandingHome("~/a b") == Path.joined(home, "a b"))
    #expect(Path.expandingHome("~root/x").hasSuffix("/root/x"))
    for path in ["~nobody-of-this-name/x", "a/~", "", "a"] { #expect(Path.expandingHome(path) == path) }
  }

  @Test("an absolute path begins at the current folder") func absolute() {
    let folder = FileManager.default.currentDirectoryPath
    #expect(Path.absolute("a/../b") == Path.joined(folder, "b"))
    #expect(Path.absolute("/x/./y") == "/x/y")
  }

  @Test("paths of Windows are told from others") func windows() {
    for path in [#"C:\data"#, "d:/data", #"\\server\data"#] { #expect(Path.isOfWindows(path)) }
    for path in ["a:b", "C:", "C", "", "/C:/x", #"a\b"#, "1:/x"] { #expect(!Path.isOfWindows(path)) }
  }

  @Test("a place is the same by all ways, and another for names of other bytes") func places() throws {
    let folder = try TemporaryFolder()
    try folder.write("a/x", "")
    try FileManager.default.createSymbolicLink(atPath: folder("b"), withDestinationPath: folder("a"))
    #expect(FilePlace(folder("b/x")) == FilePlace(folder("a/./x")))
    #expect(FilePlace(folder("b/new")) == FilePlace(folder("a/new")))
    #expect(FilePlace(folder("a/\u{e9}")) != FilePlace(folder("a/e\u{301}")))
  }
}

@Suite struct FolderListingTests {
  @Test("names are told apart by their bytes, and those that are not UTF-8 are named") func names() throws {
    let folder = try TemporaryFolder()
    for name in ["b", "\u{e9}", "e\u{301}", ".hidden", "inner/x"] { try folder.write(name, "") }
    let path = Array(folder("").utf8CString.dropLast())
    let bad = path + [CChar(bitPattern: 0xE9), 0x2E, 0x6A]
    let descriptor = open(bad + [0], O_CREAT | O_WRONLY, 0o600)
    // File systems that have no such names cannot be asked for them.
    let takesBytes = descriptor >= 0
    if takesBytes { close(descriptor) }
    let listing = try FolderListing(folder.path)
    #expect(listing.files.map { Array($0.utf8) } == ["b", "e\u{301}", "\u{e9}"].map { Array($0.utf8) })
    #expect(listing.folders == ["inner"])
    #expect(listing.unreadable == (takesBytes ? [#"\xe9.j"#] : []))
  }

  @Test("what is no folder is an error") func noFolder() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError(folder("x"), .missing, "no such folder")) { try FolderListing(folder("x")) }
    let file = try folder.write("file", "")
    #expect(throws: FileError.invalid(file, "is a file, a folder was expected")) { try FolderListing(file) }
  }
}
