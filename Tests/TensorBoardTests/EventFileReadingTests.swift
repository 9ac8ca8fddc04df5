import Files
import Foundation
import Images
import TensorBoard
import TestSupport
import Testing

@Suite("Event files of earlier starts")
struct EventFileReadingTests {
  @Test("hold a point that was added, and none of another tag or step")
  func points() throws {
    let folder = try TemporaryFolder()
    #expect(try !EventFile.hold(scalar: "a", step: 3, inFolder: folder.path))
    let file = try EventFile(inFolder: folder.path, keepingUpTo: 0)
    let picture = Image(width: 64, height: 64, pixels: (0..<64 * 64 * 3).map { UInt8($0 * 37 % 251) })
    try file.add(image: picture, tag: "picture", step: 3)
    try file.add(scalar: 0.5, tag: "a", step: 3)
    #expect(try EventFile.hold(scalar: "a", step: 3, inFolder: folder.path))
    #expect(try !EventFile.hold(scalar: "a", step: 4, inFolder: folder.path))
    #expect(try !EventFile.hold(scalar: "b", step: 3, inFolder: folder.path))
  }

  @Test("hold a point no more once a start has dropped its step", arguments: [(3, true), (2, false)])
  func dropped(kept: Int, isHeld: Bool) throws {
    let folder = try TemporaryFolder()
    try EventFile(inFolder: folder.path, keepingUpTo: 0).add(scalar: 0.5, tag: "a", step: 3)
    _ = try EventFile(inFolder: folder.path, keepingUpTo: kept)
    #expect(try EventFile.hold(scalar: "a", step: 3, inFolder: folder.path) == isHeld)
  }

  @Test("are read up to a record that is cut short or damaged")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(inFolder: folder.path, keepingUpTo: 0)
    try file.add(scalar: 0.5, tag: "a", step: 3)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file.path)))
    for length in 0..<bytes.count {
      let part = try TemporaryFolder()
      try part.write("events.out.tfevents.1.1", Array(bytes.prefix(length)))
      #expect(try EventFile.hold(scalar: "a", step: 3, inFolder: part.path) == (length >= bytes.count - 4))
    }
    let noise = try TemporaryFolder()
    try noise.write("events.out.tfevents.1.1", [UInt8](repeating: 0xFF, count: 100))
    #expect(try !EventFile.hold(scalar: "a", step: 3, inFolder: noise.path))
  }
}
