import Files
import Foundation
import TestSupport
import Testing

@Suite("Files that are read")
struct InputFileTests {
  @Test("that are missing are reported as such")
  func missing() throws {
    let path = try TemporaryFolder()("nothing.txt")
    let expected = FileError(path, .missing, "no such file")
    #expect(throws: expected) { try InputFile.read(path) }
    #expect(throws: expected) { try InputFile.text(path) }
    #expect(throws: expected) { try InputFile.lines(path) }
    #expect(expected.description == "\(path): no such file.")
  }

  @Test("that are folders are reported as such")
  func folder() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError(folder.path, .invalid, "is a folder, a file was expected")) {
      try InputFile.read(folder.path)
    }
  }

  @Test("that never end, or never begin, are not opened", .timeLimit(.minutes(1)))
  func devices() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "/dev/zero")
    for path in ["/dev/zero", folder("pipe"), folder("link")] {
      #expect(throws: FileError(path, .invalid, "is a device or a pipe, a file was expected")) {
        try InputFile.read(path)
      }
    }
  }

  @Test("may be reached through a link")
  func link() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.txt", "text")
    try FileManager.default.createSymbolicLink(atPath: folder("b.txt"), withDestinationPath: "a.txt")
    #expect(try InputFile.text(folder("b.txt")) == "text")
    try FileManager.default.createSymbolicLink(atPath: folder("c.txt"), withDestinationPath: "gone.txt")
    #expect(throws: FileError(folder("c.txt"), .missing, "no such file")) { try InputFile.text(folder("c.txt")) }
  }

  @Test("lose a byte-order mark, as lines and as text")
  func byteOrderMark() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("list.txt", [0xEF, 0xBB, 0xBF] + Array("first\r\nsecond".utf8))
    #expect(try Array(InputFile.text(path).utf8) == Array("first\r\nsecond".utf8))
    #expect(try InputFile.lines(path) == ["first", "second"])
    let bare = try folder.write("bare.txt", [0xEF, 0xBB, 0xBF])
    #expect(try InputFile.lines(bare).isEmpty)
  }

  @Test("that are not UTF-8 are no text")
  func encoding() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("latin.txt", [0x63, 0x61, 0x66, 0xE9])
    #expect(throws: FileError.self) { try InputFile.text(path) }
  }

  @Test("have lines without surrounding space, for every kind of line end, and no empty ones")
  func lines() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("list.txt", "  a b\t\n\n\r\nc\rd\n   \ne")
    #expect(try InputFile.lines(path) == ["a b", "c", "d", "e"])
    #expect(try InputFile.lines(folder.write("empty.txt", "")).isEmpty)
  }

  @Test("a folder's names are sorted by their bytes, hidden ones left out")
  func names() throws {
    let folder = try TemporaryFolder()
    for name in ["b", "a10", "a2", "Z", ".hidden", "é"] { try folder.write(name, "") }
    #expect(try InputFile.names(inFolder: folder.path) == ["Z", "a10", "a2", "b", "é"])
    #expect(throws: FileError(folder("b"), .invalid, "is a file, a folder was expected")) {
      try InputFile.names(inFolder: folder("b"))
    }
    #expect(throws: FileError(folder("none"), .missing, "no such folder")) {
      try InputFile.names(inFolder: folder("none"))
    }
  }

  @Test("an error is one sentence that begins with the path")
  func errorText() {
    #expect(FileError.invalid("a/b.png", "is empty").description == "a/b.png: is empty.")
  }
}
