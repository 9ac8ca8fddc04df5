import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite("Files without their end") struct MissingEndTests {
  /// Bytes that belong to no pixel: JPEG's end-of-image marker; PNG's checksum of the last pixels and the chunk IEND.
  private static let endings: [(name: String, count: Int)] = [
    ("baseline.jpg", 2), ("progressive.jpg", 2), ("restarts.jpg", 2), ("grey.jpg", 2), ("cmyk.jpg", 2), ("rgb.png", 16),
    ("interlaced.png", 16), ("palette_4.png", 16), ("rgb_alpha.png", 16),
  ]

  private func bytes(_ name: String) throws -> [UInt8] {
    Array(try InputFile.read(Fixture.golden("images/\(name)")))
  }

  @Test("that lack no pixel are read with a warning, and others are cut short", arguments: endings)
  func ends(_ ending: (name: String, count: Int)) throws {
    let whole = try bytes(ending.name)
    let expected = try Image(decoding: Data(whole), from: "a")
    for missing in 1...ending.count + 4 {
      let cut = Data(whole.dropLast(missing))
      var warnings: [FileWarning] = []
      do throws(FileError) {
        let image = try Image(decoding: cut, from: "some/file", &warnings)
        #expect(image == expected, "\(missing) bytes are missing")
        #expect(warnings.map(\.path) == ["some/file"])
        #expect(warnings.first?.problem.contains("ends after its last pixel") == true)
        #expect(missing <= ending.count, "\(missing) bytes are missing")
      } catch {
        #expect(error.problem.contains("is cut short"), "\(error)")
        #expect(missing > ending.count, "\(missing) bytes are missing: \(error)")
      }
    }
  }

  @Test("have no warning where they are whole", arguments: endings)
  func whole(_ ending: (name: String, count: Int)) throws {
    var warnings: [FileWarning] = []
    _ = try Image(decoding: Data(bytes(ending.name)), from: "a", &warnings)
    #expect(warnings.isEmpty)
  }

  @Test("are read where other bytes stand in the place of the end marker")
  func zeros() throws {
    let whole = try bytes("baseline.jpg")
    let expected = try Image(decoding: Data(whole), from: "a")
    var warnings: [FileWarning] = []
    let filled = Array(whole.dropLast(2)) + [0, 0, 0, 0]
    #expect(try Image(decoding: Data(filled), from: "a", &warnings) == expected)
    #expect(warnings.count == 1)
  }

  @Test("are cut short where a later scan of a progressive JPEG is missing")
  func scans() throws {
    let whole = try bytes("progressive.jpg")
    // Start-of-scan markers; in the picture data 0xFF is followed by 0.
    let starts = whole.indices.dropLast().filter { whole[$0] == 0xFF && whole[$0 + 1] == 0xDA }
    #expect(starts.count > 5)
    for start in starts.dropFirst() {
      let error = #expect(throws: FileError.self) {
        try Image(decoding: Data(whole[..<start]), from: "a").width
      }
      #expect(error?.problem.contains("is cut short") == true)
    }
  }

  @Test("may be label images")
  func labels() throws {
    let whole = try bytes("palette_4.png")
    var warnings: [FileWarning] = []
    let map = try LabelMap(decoding: Data(whole.dropLast(12)), from: "a.png", &warnings)
    #expect(try map == LabelMap(decoding: Data(whole), from: "a.png"))
    #expect(warnings.map(\.path) == ["a.png"])
  }
}
