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
