import Files
import Foundation

/// Bytes that lie in memory, or in a file from which they are read piece by piece.
///
/// A file is never mapped: one that is cut short while it is read would end the process.
struct ByteSource {
  private enum Place {
    case memory(Data)
    case file(OpenFile, start: Int)
  }

  let path: String
  let count: Int
  private let place: Place

  /// Bytes in memory, which came out of the file at `path`.
  init(_ bytes: Data, path: String) {
    self.path = path
    count = bytes.count
    place = .memory(bytes)
  }

  /// The bytes of the file at `path`; one that is replaced whole, as `OutputFile` does, stays readable as it was.
  init(contentsOf path: String) throws(FileError) {
    let file = try OpenFile(path)
    self.path = path
    count = file.count
    place = .file(file, start: 0)
  }

  private init(_ place: Place, count: Int, path: String) { (self.place, self.count, self.path) = (place, count, path) }

  /// All bytes, where they lie in memory already.
  var memory: Data? { if case .memory(let bytes) = place { bytes } else { nil } }

  /// The bytes in `range`, which lies in `0..<count`; not copied where they lie in memory.
  func bytes(_ range: Range<Int>) throws(FileError) -> Data {
    switch place {
    case .memory(let bytes): bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound]
    case .file(let file, let start): try file.bytes(start + range.lowerBound..<start + range.upperBound)
    }
  }

  /// At most so many of the first bytes.
  func prefix(_ length: Int) throws(FileError) -> Data { try bytes(0..<min(length, count)) }

  /// The bytes in `range` as a source of their own.
  func part(_ range: Range<Int>) -> ByteSource {
    switch place {
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
    // Only now: of a few bytes `Data` makes a copy, and gives the memory back.
    return Data(bytesNoCopy: memory, count: range.count, deallocator: .free)
  }

  private func read(_ range: Range<Int>, into memory: UnsafeMutableRawPointer) throws(FileError) {
    var done = 0
    while done < range.count {
      // A single read of more than 2 GiB is cut short by Linux.
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
