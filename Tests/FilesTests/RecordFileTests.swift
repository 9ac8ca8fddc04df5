import Files
import Foundation
import TestSupport
import Testing

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
