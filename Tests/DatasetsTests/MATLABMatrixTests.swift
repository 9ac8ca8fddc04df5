import Datasets
import Files
import Foundation
import TestSupport
import Testing

@Suite("MATLAB files") struct MATLABMatrixTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Compressed and plain files hold the numbers of the table", arguments: ["compressed_uint16", "plain_double"])
  func goldens(_ name: String) throws {
    let table = try InputFile.lines(Fixture.golden("context/label_map.csv"))
      .map { $0.split(separator: ",").compactMap { UInt16($0) } }
    let matrix = try MATLABMatrix(contentsOf: Fixture.golden("context/\(name).mat"), variable: "LabelMap")
    #expect((matrix.rows, matrix.columns) == (table.count, table[0].count))
    #expect(matrix.values == table.flatMap { $0 })
    #expect(Set(matrix.values).count > 300)
  }

  @Test("Both byte orders are read, and variables before the one asked for passed over", arguments: [false, true])
  func byteOrder(_ isBigEndian: Bool) throws {
    var file = MATLABFile(isBigEndian: isBigEndian)
    file.add("note", .characters, dimensions: [1, 2], file.element(16, Array("hi".utf8)))
    file.add("LabelMap", rows: 2, columns: 3, [1, 2, 3, 4, 5, 459])
    let matrix = try read(file)
    #expect((matrix.rows, matrix.columns) == (2, 3))
    #expect(matrix.values == [1, 3, 5, 2, 4, 459])
  }

  @Test("Numbers in the short form are read") func smallElement() throws {
    var file = MATLABFile()
    file.add("LabelMap", .uint16, dimensions: [2, 2], file.smallElement(2, [9, 8, 7, 6]))
    #expect(try read(file).values == [9, 7, 8, 6])
  }

  @Test(
    "What is no label is reported with its place", arguments: [(3.5, "3.5"), (-1, "-1"), (.nan, "nan"), (1e9, "1e+09")])
  func strayValue(_ value: Double, _ text: String) throws {
    var file = MATLABFile()
    file.add("LabelMap", rows: 2, columns: 3, [1, 2, 3, value, 5, -7])
    #expect(try problem(of: file).contains("has the value \(text) in row 1, column 1 of LabelMap"))
  }

  static let faults: [(name: String, bytes: [UInt8], problem: String)] = {
    func file(_ change: (inout MATLABFile) -> Void) -> [UInt8] {
      var file = MATLABFile()
      change(&file)
      return file.bytes
    }
    let numbers = MATLABFile().element(2, [1, 2, 3, 4, 5, 6, 7, 8])
    return [
      ("nothing", [], "is no MATLAB file; one of version 5 was expected"),
      ("a web page", Array("<html>\(String(repeating: " ", count: 200))".utf8), "is no MATLAB file"),
      ("version 7.3", file { $0.version = 0x0200 }, "is a MATLAB file of version 7.3; one of version 5"),
      ("no variable", file { _ in }, "holds no variable LabelMap"),
      ("another variable", file { $0.add("Labels", rows: 1, columns: 1, [1]) }, "holds no variable LabelMap"),
      (
        "characters", file { $0.add("LabelMap", .characters, dimensions: [1, 8], numbers) },
        "2 dimensions of characters"
      ),
      ("complex", file { $0.add("LabelMap", .int8, dimensions: [1, 8], flags: 0x800, numbers) }, "of complex numbers"),
      (
        "three dimensions", file { $0.add("LabelMap", .int8, dimensions: [2, 2, 2], numbers) },
        "has 3 dimensions, a matrix"
      ),
      ("no rows", file { $0.add("LabelMap", .int8, dimensions: [0, 8], numbers) }, "has 0 x 8 numbers"),
      (
        "too large", file { $0.add("LabelMap", .int8, dimensions: [.max, .max], numbers) }, "1 to 16777216 are possible"
      ),
      (
        "too few numbers", file { $0.add("LabelMap", .int8, dimensions: [3, 3], numbers) },
        "its 3 x 3 numbers are stored"
      ),
      ("numbers of no type", file { $0.add("LabelMap", .int8, dimensions: [1, 1], $0.element(8, [1])) }, "as type 8"),
      (
        "a cell", file { $0.add("LabelMap", .cell, dimensions: [1, 1], numbers) },
        "holds a cell, a structure or an object"
      ),
      (
        "a huge structure before",
        file {
          $0.add("s", .structure, dimensions: [60_000, 60_000], $0.element(5, [4, 0, 0, 0]) + numbers)
          $0.add("LabelMap", .int8, dimensions: [1, 8], numbers)
        }, "holds a cell, a structure or an object"
      ),
      ("an element of another kind", file { $0.body += $0.element(9, numbers) }, "an element of type 9 stands where"),
      ("an element without end", file { $0.body += $0.word(UInt32(14)) + $0.word(UInt32.max) }, "has no end"),
      ("a compressed element that is none", file { $0.body += $0.element(15, numbers) }, "not as they were written"),
      (
        "the name too long", file { $0.add(String(repeating: "n", count: 64), rows: 1, columns: 1, [1]) },
        "type 1 with 64"
      ),
    ]
  }()

  @Test("A faulty file is reported with its name and cause", arguments: faults.indices)
  func fault(_ index: Int) throws {
    let fault = Self.faults[index]
    let path = try folder.write("map.mat", fault.bytes)
    let error = try #require(throws: FileError.self) { try MATLABMatrix(contentsOf: path, variable: "LabelMap") }
    #expect(error.path == path)
    #expect(error.problem.contains(fault.problem), "\(fault.name): \(error)")
  }

  @Test("Cells inside each other a hundred thousand deep are refused") func nestedCells() throws {
    var sizes: [Int] = []
    let head = MATLABFile().element(6, [1, 0, 0, 0, 0, 0, 0, 0]) + MATLABFile().element(5, [1, 0, 0, 0, 1, 0, 0, 0])
    var total = 0
    for _ in 0..<100_000 {
      total += head.count + 8
      sizes.append(total)
      total += 8
    }
    var file = MATLABFile()
    for size in sizes.reversed() {
      file.body += file.word(UInt32(14)) + file.word(UInt32(size)) + head + file.element(1, [])
    }
    #expect(try problem(of: file).contains("holds a cell"))
  }

  @Test("A file cut short anywhere is an error", arguments: ["compressed_uint16", "plain_double"])
  func truncation(_ name: String) throws {
    let whole = Array(try InputFile.read(Fixture.golden("context/\(name).mat")))
    for count in stride(from: 0, to: whole.count, by: name == "plain_double" ? 31 : 7) {
      let path = try folder.write("cut.mat", Array(whole.prefix(count)))
      #expect(throws: FileError.self, "cut after \(count) bytes") {
        try MATLABMatrix(contentsOf: path, variable: "LabelMap")
      }
    }
  }

  @Test("A changed bit of a compressed file is found, wherever it is") func compressedDamage() throws {
    let whole = Array(try InputFile.read(Fixture.golden("context/compressed_uint16.mat")))
    for place in stride(from: 128, to: whole.count, by: 5) {
      var bytes = whole
      bytes[place] ^= 1 << UInt8(place % 8)
      let path = try folder.write("damaged.mat", bytes)
      #expect(throws: FileError.self, "bit of byte \(place)") {
        try MATLABMatrix(contentsOf: path, variable: "LabelMap")
      }
    }
  }

  @Test("Damaged bytes of a plain file give a matrix or an error") func damage() throws {
    let whole = Array(try InputFile.read(Fixture.golden("context/plain_double.mat")))
    var state: UInt32 = 1
    var failures = 0
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0..<3 {
        state = state &* 1_664_525 &+ 1_013_904_223
        bytes[120 + Int(state >> 8) % 120] = UInt8(truncatingIfNeeded: state >> 3)
      }
      let path = try folder.write("damaged.mat", bytes)
      do {
        _ = try MATLABMatrix(contentsOf: path, variable: "LabelMap")
      } catch {
        failures += 1
        #expect(error.path == path)
      }
    }
    #expect(failures > 250)
  }

  private func read(_ file: MATLABFile) throws -> MATLABMatrix {
    try MATLABMatrix(contentsOf: folder.write("map.mat", file.bytes), variable: "LabelMap")
  }

  private func problem(of file: MATLABFile) throws -> String {
    try #require(throws: FileError.self) { try read(file) }.problem
  }
}
