import Files
import Foundation
import Images
import TensorBoard
import TestSupport
import Testing

@Suite("An event file")
struct EventFileTests {
  @Test("begins with its version and a start at the step after those that are kept")
  func beginning() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(inFolder: folder.path, keepingUpTo: 299)
    let records = try Record.all(in: file.path)
    #expect(records.count == 2)
    #expect(records.first?.message == [0x1A, 13] + Array("brain.Event:2".utf8))
    #expect(records.last?.message == [0x10, 0xAC, 0x02, 0x3A, 2, 0x08, 1])
  }

  @Test("holds a scalar as a float32 with its tag and step")
  func scalar() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(inFolder: folder.path, keepingUpTo: 0)
    try file.add(scalar: 0.5, tag: "a", step: 3)
    let records = try Record.all(in: file.path)
    #expect(records.count == 3)
    #expect(records.last?.message == [0x10, 3, 0x2A, 10, 0x0A, 8, 0x0A, 1, 0x61, 0x15, 0, 0, 0, 0x3F])
  }

  @Test("holds an image as the PNG of its pixels")
  func image() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(inFolder: folder.path, keepingUpTo: 0)
    let image = Image(width: 3, height: 2, pixels: (0..<18).map { UInt8($0 * 14) })
    try file.add(image: image, tag: "b", step: 1)
    let message = try #require(try Record.all(in: file.path).last?.message)
    let start = try #require(message.indices.first { message[$0...].starts(with: [0x89, 0x50, 0x4E, 0x47]) })
    #expect(message.prefix(start).contains([0x08, 2, 0x10, 3, 0x18, 3, 0x22]))
    #expect(try Image(decoding: Data(message[start...]), from: "memory") == image)
  }

  @Test("records the time of day of every event, in seconds since 1970")
  func times() throws {
    let folder = try TemporaryFolder()
    let before = Date().timeIntervalSince1970
    let file = try EventFile(inFolder: folder.path, keepingUpTo: 0)
    for step in 1...3 { try file.add(scalar: 1, tag: "a", step: step) }
    let times = [before] + (try Record.all(in: file.path).map(\.time)) + [Date().timeIntervalSince1970]
    #expect(times == times.sorted() && times.count == 7)
  }

  @Test("has every record on disk as soon as it is added")
  func unbuffered() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(inFolder: folder.path, keepingUpTo: 0)
    for step in 1...50 {
      try file.add(scalar: Double(step), tag: "a", step: step)
      #expect(try Record.all(in: file.path).count == step + 2)
    }
  }

  @Test("of a later start has a name behind all earlier ones, also in the same second or after the clock went back")
  func names() throws {
    let folder = try TemporaryFolder()
    let future = "events.out.tfevents.4000000000.host.1"
    try folder.write(future, "")
    let paths = try (0..<12).map { _ in try EventFile(inFolder: folder.path, keepingUpTo: 0).path }
    #expect(paths == paths.sorted() && Set(paths).count == 12)
    #expect(paths.allSatisfy { $0 > folder(future) })
  }

  @Test(
    "is made whatever lies in the folder under a similar name",
    arguments: ["events.out.tfevents.9223372036854775807.x", "events.out.tfevents.", "events.out.tfevents.-5.x"])
  func foreignNames(name: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(name, "no event file")
    let file = try EventFile(inFolder: folder.path, keepingUpTo: 0)
    #expect(try Record.all(in: file.path).count == 2)
    #expect(try InputFile.text(folder(name)) == "no event file")
  }

  @Test("takes any step and any number")
  func extremes() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(inFolder: folder.path, keepingUpTo: .max)
    for value in [.nan, .infinity, 1e300, -0.0] { try file.add(scalar: value, tag: "", step: .min) }
    #expect(try Record.all(in: file.path).count == 6)
  }

  @Test("makes the folder that it lies in")
  func makesFolder() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(inFolder: folder("runs/mine"), keepingUpTo: 0)
    #expect(file.path.hasPrefix(folder("runs/mine/events.out.tfevents.")))
  }

  @Test("cannot be in a file, and the error names it")
  func notAFolder() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.txt", "text")
    let error = #expect(throws: FileError.self) { try EventFile(inFolder: path, keepingUpTo: 0) }
    #expect(error?.path == path)
    #expect(error?.problem.hasPrefix("is a file, a folder was expected") == true)
  }
}

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

@Suite("The checksum CRC-32C")
struct CRC32CTests {
  /// An iSCSI command to read.
  private static let read: [UInt8] = [
    0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
    0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
  ]

  @Test(
    "of the examples in RFC 3720, section B.4, is the published one",
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 255, count: 32), 0x62A8_AB43),
      ([UInt8](0..<32), 0x46DD_794E), ([UInt8]((0..<32).reversed()), 0x113F_DB5C), (read, 0xD996_3A56),
    ] as [([UInt8], UInt32)])
  func published(bytes: [UInt8], sum: UInt32) { #expect(CRC32C.checksum(Data(bytes)) == sum) }

  @Test("of the digits 1 to 9 is the check value of the CRC catalogue, and of nothing 0")
  func digits() {
    #expect(CRC32C.checksum(Data("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum(Data()) == 0)
  }
}
