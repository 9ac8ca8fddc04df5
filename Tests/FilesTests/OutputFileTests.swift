import Files
import Foundation
import TestSupport
import Testing

@Suite("Files that are written")
struct OutputFileTests {
  private func contents(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test("appear whole once they are committed, and not before")
  func commit() throws {
    let folder = try TemporaryFolder()
    let file = try OutputFile(folder("a.txt"))
    try file.write(Data("one ".utf8))
    try file.write(Data("two".utf8))
    #expect(!FileManager.default.fileExists(atPath: folder("a.txt")))
    try file.commit()
    #expect(try InputFile.text(folder("a.txt")) == "one two")
    #expect(try contents(folder.path) == ["a.txt"])
  }

  @Test("that are not committed leave the old file and nothing else")
  func abandoned() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.txt", "old")
    var file: OutputFile? = try OutputFile(folder("a.txt"))
    try file?.write(Data("new".utf8))
    #expect(try InputFile.text(folder("a.txt")) == "old")
    #expect(try contents(folder.path).count == 2)
    file = nil
    #expect(try InputFile.text(folder("a.txt")) == "old")
    #expect(try contents(folder.path) == ["a.txt"])
  }

  @Test("replace what stood there, and two writers of one path do not mix")
  func replacing() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.txt", "a long old text")
    let (first, second) = (try OutputFile(folder("a.txt")), try OutputFile(folder("a.txt")))
    try first.write(Data("fir".utf8))
    try second.write(Data("second".utf8))
    try first.write(Data("st".utf8))
    try first.commit()
    #expect(try InputFile.text(folder("a.txt")) == "first")
    try second.commit()
    #expect(try InputFile.text(folder("a.txt")) == "second")
    #expect(try contents(folder.path) == ["a.txt"])
  }

  @Test("may be empty, and folders on the way are made")
  func folders() throws {
    let folder = try TemporaryFolder()
    try OutputFile.write(Data(), to: folder("new/deep/empty.bin"))
    #expect(try InputFile.read(folder("new/deep/empty.bin")).isEmpty)
  }

  @Test("below a file cannot be, and the error names the file in the way")
  func belowFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.txt", "text")
    let error = #expect(throws: FileError.self) { try OutputFile.write("x", to: folder("a.txt/sub/b.txt")) }
    #expect(error?.path == folder("a.txt"))
    #expect(error?.problem.hasPrefix("is a file, a folder was expected") == true)
    #expect(try InputFile.text(folder("a.txt")) == "text")
  }

  @Test("that the system refuses are reported with its reason and the way out")
  func refused() throws {
    let folder = try TemporaryFolder()
    let path = folder(String(repeating: "n", count: 300))
    let error = #expect(throws: FileError.self) { try OutputFile.write("x", to: path) }
    #expect(error?.path == path)
    #expect(error?.reason == .inaccessible)
    #expect(error?.problem == "cannot be written (File name too long); check the folder and its permissions")
    #expect(try contents(folder.path).isEmpty)
  }

  @Test("cannot take the place of a folder, which stays as it was")
  func folderInPlace() throws {
    let folder = try TemporaryFolder()
    try folder.write("runs/a.txt", "old")
    let error = #expect(throws: FileError.self) { try OutputFile.write("x", to: folder("runs")) }
    #expect(error?.path == folder("runs"))
    #expect(try contents(folder.path) == ["runs"])
    #expect(try contents(folder("runs")) == ["a.txt"])
  }

  @Test("clear away what processes that are no more left behind, and nothing else")
  func leftovers() throws {
    let folder = try TemporaryFolder()
    // No process has this number: it is above what systems give out.
    try folder.write(".a.txt.2000000000.7.partial", "half")
    try folder.write(".b.txt.2000000000.7.partial", "half of another file")
    try folder.write(".a.txt.\(getpid()).7.partial", "half, still being written")
    try OutputFile.write("x", to: folder("a.txt"))
    let expected = [".a.txt.\(getpid()).7.partial", ".b.txt.2000000000.7.partial", "a.txt"]
    #expect(try contents(folder.path) == expected)
  }

  @Test("in a folder without permission are refused", .enabled(if: geteuid() != 0, "the superuser may write anywhere"))
  func unwritable() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path) }
    let error = #expect(throws: FileError.self) { try OutputFile.write("x", to: folder("a.txt")) }
    #expect(error?.problem.contains("Permission denied") == true)
  }
}

@Suite struct RecordFileTests {
  @Test("records follow each other, also those of a later start")
  func appending() throws {
    let folder = try TemporaryFolder()
    let path = folder("records")
    let first = try RecordFile(path)
    try first.append(Data("one\n".utf8))
    try first.append(Data("two\n".utf8))
    try RecordFile(path).append(Data("three\n".utf8))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\ntwo\nthree\n")
  }

  @Test("a file that must be new is not one that stands there, which stays as it is")
  func new() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("records", "old")
    let error = #expect(throws: FileError.self) { try RecordFile(path, isNew: true) }
    #expect(error?.problem == "cannot be written (File exists); check the folder and its permissions")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
  }

  @Test("a folder that is missing is an error") func missingFolder() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: FileError.self) { try RecordFile(folder("nowhere/records")) }
    #expect(error?.problem == "cannot be written (No such file or directory); check the folder and its permissions")
  }
}
