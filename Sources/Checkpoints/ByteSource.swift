import Files
import Foundation

/// Bytes in memory, or in a file that is read in pieces.
///
/// A file is never mapped into memory: truncating it while it is read would end the process.
struct ByteSource {
  private enum Storage {
    case memory(Data)
    case file(OpenFile, start: Int)
  }

  let path: String
  let count: Int
  private let storage: Storage

  /// Bytes in memory, which were read from the file at `path`.
  init(_ bytes: Data, path: String) {
    self.path = path
    count = bytes.count
    storage = .memory(bytes)
  }

  /// The bytes of the file at `path`; if it is replaced, as by `OutputFile`, the old contents stay readable.
  init(contentsOf path: String) throws(FileError) {
    let file = try OpenFile(path)
    self.path = path
    count = file.count
    storage = .file(file, start: 0)
  }

  private init(_ storage: Storage, count: Int, path: String) {
    (self.storage, self.count, self.path) = (storage, count, path)
  }

  /// All bytes if they are in memory already.
  var memory: Data? { if case .memory(let bytes) = storage { bytes } else { nil } }

  /// The bytes in `range`, which lies in `0..<count`; not copied if they are in memory.
  func bytes(_ range: Range<Int>) throws(FileError) -> Data {
    switch storage {
    case .memory(let bytes): bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound]
    case .file(let file, let start): try file.bytes(start + range.lowerBound..<start + range.upperBound)
    }
  }

  /// The first bytes, at most `length`.
  func prefix(_ length: Int) throws(FileError) -> Data { try bytes(0..<min(length, count)) }

  /// The bytes in `range` as a source of their own.
  func part(_ range: Range<Int>) -> ByteSource {
    switch storage {
    case .memory(let bytes):
      ByteSource(bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound], path: path)
    case .file(let file, let start):
      ByteSource(.file(file, start: start + range.lowerBound), count: range.count, path: path)
    }
  }
}

/// A file that stays open while it is read.
private final class OpenFile {
  let count: Int
  private let path: String
  private let descriptor: Int32

  init(_ path: String) throws(FileError) {
    try InputFile.requireFile(path)
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      count = 0
      throw FileError(
        path, .inaccessible, "cannot be read (\(String(cString: strerror(errno)))); check its permissions")
    }
    count = Int(status.st_size)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  func bytes(_ range: Range<Int>) throws(FileError) -> Data {
    if range.isEmpty { return Data() }
    // Not `Data(count:)`, which would fill it with zeros first.
    guard let memory = malloc(range.count) else {
      throw FileError(path, .inaccessible, "cannot be read: there is not enough memory for \(range.count) of its bytes")
    }
    do throws(FileError) {
      try read(range, into: memory)
    } catch {
      free(memory)
      throw error
    }
    // Only now: `Data` copies a few bytes, and frees this memory.
    return Data(bytesNoCopy: memory, count: range.count, deallocator: .free)
  }

  private func read(_ range: Range<Int>, into memory: UnsafeMutableRawPointer) throws(FileError) {
    var done = 0
    while done < range.count {
      // Linux truncates a single read of more than 2 GiB.
      let length = pread(
        descriptor, memory + done, min(range.count - done, 1 << 30), off_t(range.lowerBound + done))
      if length < 0 && errno == EINTR { continue }
      if length < 0 {
        throw FileError(path, .inaccessible, "cannot be read (\(String(cString: strerror(errno)))); try again")
      }
      if length == 0 {
        throw .invalid(path, "became shorter than its \(count) bytes while it was read; wait until it is written whole")
      }
      done += length
    }
  }
}

/// Reads bytes from a source in order, never past the end; numbers are little-endian.
struct ByteReader {
  /// Smallest number of bytes read from a file at a time.
  private static let windowLength = 1 << 16

  private let source: ByteSource
  private(set) var offset: Int
  /// The buffered bytes from `windowStart` on.
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
    let start = try start(of: 1, what)
    offset += 1
    return window[start]
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int, of what: StaticString) throws(FileError) -> Data {
    let start = try start(of: count, what)
    offset += count
    return window[start..<start + count]
  }

  /// Skips the next `count` bytes without reading them, and returns their range.
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

  /// The bytes up to the next line feed, which is skipped too.
  mutating func line(of what: StaticString, limit: Int) throws(FileError) -> Data {
    let length = min(limit, remaining)
    let start = try start(of: length, what)
    guard let end = window[start..<start + length].firstIndex(of: UInt8(ascii: "\n")) else { throw cutShort(what) }
    offset += end + 1 - start
    return window[start..<end]
  }

  /// The index in the window of the next `count` bytes; the window is moved if it lacks some.
  private mutating func start(of count: Int, _ what: StaticString) throws(FileError) -> Int {
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
