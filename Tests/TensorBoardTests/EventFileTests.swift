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
