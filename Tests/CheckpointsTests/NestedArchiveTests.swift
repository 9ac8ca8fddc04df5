import Checkpoints
import Files
import Foundation
import TestSupport
import Testing

/// Zip archives around PyTorch files, as ImageNet weights are published in.
@Suite struct NestedArchiveTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func fixture(_ name: String) throws -> [UInt8] {
    Array(try InputFile.read(Fixture.golden("pytorch/\(name)")))
  }

  private func problem(_ bytes: [UInt8]) throws -> String {
    let path = try folder.write("weights.zip", bytes)
    return #expect(throws: FileError.self) { try WeightsFile.read(path) }?.problem ?? ""
  }

  private static let inner = ["network.zip.pth", "network.legacy.pth", "deflated.zip.pth"]

  @Test(
    "The name of the file inside does not matter, and nothing is unpacked to where it points",
    arguments: inner, ["w", "../../blpseg-was-here.pth", "/tmp/blpseg-was-here", "a/b/c/data.pkl", "\u{1B}[2J"])
  func names(inner: String, name: String) throws {
    let path = try folder.write("deep/er/weights.zip", ZipBuilder.archive([(name, try fixture(inner))]))
    try expectNetwork(try WeightsFile.read(path))
    #expect(!FileManager.default.fileExists(atPath: folder("blpseg-was-here.pth")))
    #expect(!FileManager.default.fileExists(atPath: "/tmp/blpseg-was-here"))
  }

  @Test("An archive inside an archive inside an archive is refused", arguments: inner)
  func threeDeep(inner: String) throws {
    let twice = ZipBuilder.archive([("weights.pth", try fixture(inner))])
    let problem = try problem(ZipBuilder.archive([("weights.zip", twice)]))
    #expect(problem.contains("a file which torch.save did not write; unpack it"), "\(problem)")
  }

  @Test("Several files that could be the weights are refused, a single one beside others is taken")
  func candidates() throws {
    let weights = try fixture("network.zip.pth")
    let two = try problem(ZipBuilder.archive([("a.pth", weights), ("b.pth", weights)]))
    #expect(two.contains("a zip archive of 2 files") && two.contains("give the weights inside"), "\(two)")
    let none = try problem(ZipBuilder.archive([("a.txt", [1]), ("b.txt", [2])]))
    #expect(none.contains("a zip archive of 2 files"), "\(none)")
    let beside = try folder.write("one.zip", ZipBuilder.archive([("LICENSE", [1]), ("b.pth", weights)]))
    try expectNetwork(try WeightsFile.read(beside))
  }

  @Test("An encrypted file inside is refused with the way out")
  func encrypted() throws {
    let problem = try problem(ZipBuilder.archive([("w.pth", try fixture("network.zip.pth"))], flags: 1))
    #expect(problem.contains("'w.pth' encrypted; unpack the archive"), "\(problem)")
  }

  @Test("A bomb is refused in either archive", arguments: [true, false])
  func bomb(isInside: Bool) throws {
    // The unpacked size in the table of contents of the archive that is deflated.
    var bytes = try fixture(isInside ? "deflated.zip.pth" : "outer_deflated.zip.zip")
    for place in bytes.indices.dropLast(46) where bytes[place..<place + 4].elementsEqual([0x50, 0x4B, 1, 2]) {
      bytes.replaceSubrange(place + 24..<place + 28, with: PickleBuilder.bytes(1 << 31 as UInt32))
    }
    let problem = try problem(isInside ? ZipBuilder.archive([("w.pth", bytes)]) : bytes)
    #expect(problem.contains("hostile"), "\(problem)")
  }

  @Test("Storages that lie on one another are refused before they are all checked")
  func overlap() throws {
    let count = 200
    let tensors = (0..<count).map { key in
      let storage = PickleBuilder.storage("\(key)", "FloatStorage", 1)
      return ("\(key)", PickleBuilder.tensor(storage, offset: 0, size: [1], stride: [1]))
    }
    let pickle = [0x80, 2] + PickleBuilder.dictionary(tensors) + [0x2E]
    let names = (0..<count).map { "a/data/\($0)" }
    let archive = ZipBuilder.archive(
      [("a/data.pkl", pickle), (names[0], [UInt8](repeating: 0, count: 1 << 20))], aliases: Array(names.dropFirst()))
    let problem = try problem(archive)
    #expect(problem.contains("whose entries lie on one another"), "\(problem)")
  }

  @Test("A file inside that is cut short or something else is named as such")
  func foreign() throws {
    let cut = try problem(ZipBuilder.archive([("w.pth", try fixture("network.zip.pth").dropLast(30))]))
    #expect(cut.contains("cut short"), "\(cut)")
    let page = try problem(ZipBuilder.archive([("w.pth", Array("<html>".utf8))]))
    #expect(page.contains("torch.save did not write"), "\(page)")
  }
}
