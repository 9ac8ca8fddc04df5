import Foundation
import Fuzzing
import Testing

/// A short run of what `make fuzz` does at length.
@Suite("Readers of strangers' files") struct ReaderTests {
  private static let count = 1500

  @Test("read or refuse every damaged file", arguments: FuzzTarget.all.map(\.name))
  func damaged(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let folder = try FuzzLoop.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let read = try FuzzLoop(target, in: folder).run(seed: 1) { $0 == Self.count }
    #expect(read == Self.count)
  }

  @Test("read their whole files", arguments: FuzzTarget.all.map(\.name))
  func whole(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    #expect(try !target.seeds().isEmpty)
    let folder = try FuzzLoop.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let loop = FuzzLoop(target, in: folder)
    for bytes in try target.seeds() { #expect(throws: Never.self) { try target.read(bytes, at: loop.path) } }
  }

  @Test("hold against the files that once were too much for them", arguments: FuzzTarget.all.map(\.name))
  func cases(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let folder = try FuzzLoop.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (path, bytes) in try target.cases() {
      #expect(throws: Never.self, "\(path)") { try target.check(bytes, at: FuzzLoop(target, in: folder).path) }
    }
  }

  @Test("A reader that throws what is no refusal is a fault")
  func fault() throws {
    struct Surprise: Error {}
    let folder = try FuzzLoop.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let target = FuzzTarget("broken", "txt", texts: ["a"]) { _ in throw Surprise() }
    #expect(throws: FuzzFault.self) { try FuzzLoop(target, in: folder).run(seed: 1) { _ in true } }
  }
}
