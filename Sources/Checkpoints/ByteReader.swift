import Files
import Foundation

/// A place among bytes that moves forward and never past the end; numbers are little-endian.
struct ByteReader {
  /// Bytes that are read from a file at a time, at least.
  private static let windowLength = 1 << 16

  private let source: ByteSource
  private(set) var offset: Int
  /// The bytes from `windowStart` on that are at hand.
  private var window: Data
  private var windowStart = 0

  init(_ source: ByteSource, at offset: Int = 0) {
    self.source = source
    self.offset = min(max(offset, 0), source.count)
    window = source.memory ?? Data()
  }

  init(_ bytes: Data, path: String) { self.init(ByteSource(bytes, path: path)) }

  var path: String { source.path }
  var remaining: Int { source.count - offset }

  mutating func byte(of what: StaticString) throws(FileError) -> UInt8 {
    let place = try place(of: 1, what)
    offset += 1
    return window[place]
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int, of what: StaticString) throws(FileError) -> Data {
    let place = try place(of: count, what)
    offset += count
    return window[place..<place + count]
  }

  /// Passes over the next `count` bytes without reading them, and returns where they lie.
  mutating func skip(_ count: Int, of what: StaticString) throws(FileError) -> Range<Int> {
    guard count >= 0, count <= remaining else { throw cutShort(what) }
    offset += count
    return offset - count..<offset
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
    let length = min(limit, remaining)
    let place = try place(of: length, what)
    guard let end = window[place..<place + length].firstIndex(of: UInt8(ascii: "\n")) else { throw cutShort(what) }
    offset += end + 1 - place
    return window[place..<end]
  }

  /// Where the next `count` bytes lie in the window, which is moved where they do not.
  private mutating func place(of count: Int, _ what: StaticString) throws(FileError) -> Int {
    guard count >= 0, count <= remaining else { throw cutShort(what) }
    if offset < windowStart || offset + count > windowStart + window.count {
      window = try source.bytes(offset..<offset + min(remaining, max(count, Self.windowLength)))
      windowStart = offset
    }
    return window.startIndex + offset - windowStart
  }

  private func cutShort(_ what: StaticString) -> FileError {
    .invalid(path, "ends inside \(what), after \(source.count) bytes; it is cut short or damaged, fetch it again")
  }
}
