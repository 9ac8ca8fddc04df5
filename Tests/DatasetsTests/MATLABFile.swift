import Foundation

/// Bytes of a MATLAB v5 file, put together element by element and, where a test asks for it, wrongly.
struct MATLABFile {
  enum Class: UInt32 { case cell = 1, structure = 2, characters = 4, double = 6, int8 = 8, uint16 = 11 }

  var isBigEndian = false
  var version: UInt16 = 0x0100
  var body: [UInt8] = []

  var bytes: [UInt8] {
    let text = Array("MATLAB 5.0 MAT-file, made by a test".utf8)
    let padding = [UInt8](repeating: 0x20, count: 116 - text.count) + [UInt8](repeating: 0, count: 8)
    return text + padding + word(version) + word(UInt16(0x4D49)) + body
  }

  /// A variable; `numbers` is its last element.
  mutating func add(
    _ name: String, _ kind: Class, dimensions: [UInt32], flags: UInt32 = 0, _ numbers: [UInt8]
  ) {
    let header =
      element(6, word(kind.rawValue | flags) + word(UInt32(0)))
      + element(5, dimensions.flatMap { word($0) }) + element(1, Array(name.utf8))
    body += element(14, header + numbers)
  }

  /// A matrix of doubles, given column by column.
  mutating func add(_ name: String, rows: Int, columns: Int, _ values: [Double]) {
    add(name, .double, dimensions: [UInt32(rows), UInt32(columns)], element(9, values.flatMap { word($0.bitPattern) }))
  }

  func element(_ type: UInt32, _ contents: [UInt8]) -> [UInt8] {
    let padding = [UInt8](repeating: 0, count: -contents.count & 7)
    return word(type) + word(UInt32(contents.count)) + contents + padding
  }

  /// Contents of at most four bytes in the short form.
  func smallElement(_ type: UInt16, _ contents: [UInt8]) -> [UInt8] {
    word(UInt32(contents.count) << 16 | UInt32(type)) + contents + [UInt8](repeating: 0, count: 4 - contents.count)
  }

  func word<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) { Array($0) }
  }
}
