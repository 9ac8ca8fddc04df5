import Files
import Foundation
import TestSupport
import Testing

@Suite("A lock on a folder")
struct FileLockTests {
  /// Who has the folder's lock; nil where it can be had.
  private func holder(_ folder: String) throws -> String? {
    do throws(FileLock.Failure) {
      _ = try FileLock(folder: folder, holder: "me")
      return nil
    } catch {
      guard case .held(let other) = error else { throw error }
      return other
    }
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  @Test("is held by one, who is known to the others, until it is given up")
  func held() throws {
    let folder = try TemporaryFolder()
    var lock: FileLock? = try FileLock(folder: folder.path, holder: "first")
    #expect(try holder(folder.path) == "first")
    #expect(try holder(folder.path) == "first")
    withExtendedLifetime(lock) {}
    lock = nil
    #expect(try holder(folder.path) == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("is free where a process that is no more left its file")
  func leftBehind() throws {
    let folder = try TemporaryFolder()
    try folder.write(".lock", "pid 1 on elsewhere")
    #expect(try holder(folder.path) == nil)
  }

  @Test("makes folders that are missing, and removes them again unless something lies in them")
  func folders() throws {
    let folder = try TemporaryFolder()
    var lock: FileLock? = try FileLock(folder: folder("a/b"), holder: "")
    #expect(exists(folder("a/b")))
    withExtendedLifetime(lock) {}
    lock = nil
    #expect(exists(folder.path) && !exists(folder("a")))
    lock = try FileLock(folder: folder("a/b"), holder: "")
    try folder.write("a/b/run.txt", "kept")
    lock = nil
    #expect(exists(folder("a/b/run.txt")))
  }

  @Test("cannot be in a file, and the error names it")
  func notAFolder() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.txt", "text")
    do throws(FileLock.Failure) {
      _ = try FileLock(folder: path, holder: "")
      Issue.record("a file was locked as a folder")
    } catch {
      guard case .file(let error) = error else {
        Issue.record(error)
        return
      }
      #expect(error.path == path)
    }
  }
}
