import Files
import Foundation

/// A place in a file's bytes that moves forward and never past the end; numbers are little-endian.
struct ByteReader {
  let path: String
  private let bytes: Data
  private var index: Int

  init(_ bytes: Data, path: String, at offset: Int = 0) {
    self.path = path
    self.bytes = bytes
    index = bytes.startIndex + min(max(offset, 0), bytes.count)
  }

  var offset: Int { index - bytes.startIndex }
  var remaining: Int { bytes.endIndex - index }

  mutating func byte(of what: StaticString) throws(FileError) -> UInt8 {
    guard index < bytes.endIndex else { throw cutShort(what) }
    defer { index += 1 }
    return bytes[index]
  }

  /// The next `count` bytes, not copied.
  mutating func take(_ count: Int, of what: StaticString) throws(FileError) -> Data {
    guard count >= 0, count <= remaining else { throw cutShort(what) }
    defer { index += count }
    return bytes[index..<index + count]
  }

  mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self, of what: StaticString) throws(FileError) -> T {
    let slice = try take(MemoryLayout<T>.size, of: what)
    return slice.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(as: T.self)) }
  }

  /// A length stored in eight bytes, which fits an `Int`.
  mutating func length(of what: StaticString) throws(FileError) -> Int {
    let value = try integer(UInt64.self, of: what)
    guard let length = Int(exactly: value) else {
      throw .invalid(path, "gives \(what) a length of \(value) bytes; the file is damaged, fetch it again")
    }
    return length
  }

  /// The bytes up to the next line feed, which is passed over too.
  mutating func line(of what: StaticString, limit: Int) throws(FileError) -> Data {
    let window = bytes[index..<index + min(limit, remaining)]
    guard let end = window.firstIndex(of: UInt8(ascii: "\n")) else { throw cutShort(what) }
    defer { index = end + 1 }
    return bytes[index..<end]
  }

  private func cutShort(_ what: StaticString) -> FileError {
    .invalid(path, "ends inside \(what), after \(bytes.count) bytes; it is cut short or damaged, fetch it again")
  }
}
