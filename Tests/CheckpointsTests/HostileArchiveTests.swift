import Checkpoints
import Files
import Foundation
import TestSupport
import Testing

@Suite struct HostileArchiveTests {
  static let fixtures = (try? InputFile.names(inFolder: Fixture.golden("pytorch"))) ?? []

  @Test("Every truncation is an error, and every flipped byte is an error or a result", arguments: fixtures)
  func damage(name: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(name, Array(try InputFile.read(Fixture.golden("pytorch/\(name)"))))
    try expectRobust(path) { try WeightsFile.read($0) }
  }

  @Test("The fixtures are there")
  func fixturesExist() { #expect(Self.fixtures.count == 26) }

  /// A fixture with the four-byte field at `offset` of every entry in its table of contents replaced.
  private func patched(_ name: String, offset: Int, with value: UInt32) throws -> [UInt8] {
    var bytes = Array(try InputFile.read(Fixture.golden("pytorch/\(name)")))
    for place in bytes.indices.dropLast(46) where bytes[place..<place + 4].elementsEqual([0x50, 0x4B, 1, 2]) {
      bytes.replaceSubrange(place + offset..<place + offset + 4, with: PickleBuilder.bytes(value))
    }
    return bytes
  }

  @Test(
    "An entry that claims to unpack to gigabytes is refused", arguments: [1 << 20, 1 << 31, 0xFFFF_FFFE] as [UInt32])
  func bomb(size: UInt32) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("bomb.pth", try patched("deflated.zip.pth", offset: 24, with: size))
    let error = #expect(throws: FileError.self) { try PyTorchFile.read(path) }
    #expect(error?.problem.contains("hostile") == true, "\(error?.problem ?? "")")
  }

  @Test("An entry that unpacks to more or less than it says is refused", arguments: [0, 1, 1000] as [UInt32])
  func wrongSize(size: UInt32) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("wrong.pth", try patched("deflated.zip.pth", offset: 24, with: size))
    let error = #expect(throws: FileError.self) { try PyTorchFile.read(path) }
    #expect(error?.problem.contains("does not unpack") == true, "\(error?.problem ?? "")")
  }

  @Test("Entries that lie outside the file are refused", arguments: [20, 42])
  func outside(field: Int) throws {
    // The packed size, and the place of the entry.
    let folder = try TemporaryFolder()
    let path = try folder.write("outside.pth", try patched("deflated.zip.pth", offset: field, with: 1 << 30))
    let error = #expect(throws: FileError.self) { try PyTorchFile.read(path) }
    #expect(error?.problem.contains("ends inside an entry") == true, "\(error?.problem ?? "")")
  }

  @Test("A zip archive of something else is named as such")
  func foreign() throws {
    // An archive without entries.
    let folder = try TemporaryFolder()
    let path = try folder.write("photos.zip", [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18))
    let error = #expect(throws: FileError.self) { try WeightsFile.read(path) }
    #expect(error?.problem.contains("zip archive of 0 files") == true, "\(error?.problem ?? "")")
  }
}
