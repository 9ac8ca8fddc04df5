import Batches
import Checkpoints
import Files
import Foundation
import Testing

/// Writes a file without waiting for the disk, as thousands of them would.
func put(_ bytes: [UInt8], _ path: String) throws {
  let file = try #require(fopen(path, "w"))
  defer { fclose(file) }
  try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}

/// Expects that every shorter version of the file at `path` throws `FileError`, and that a version with some bytes
/// changed throws `FileError` or is read; a crash would end the test run.
func expectRobust(
  _ path: String, flips: Int = 300, sourceLocation: SourceLocation = #_sourceLocation,
  _ read: (String) throws -> StateDict
) throws {
  let whole = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
  let damaged = path + ".damaged"
  var generator = RandomStream(seed: UInt64(whole.count), epoch: 0, index: 0)
  for _ in 0..<flips {
    var bytes = whole
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let place = Int.random(in: bytes.indices, using: &generator)
      // Extremes reach limits that random bytes seldom do.
      bytes[place] =
        [0, 0xFF, 0x7F, 0x80, UInt8.random(in: 0...255, using: &generator)].randomElement(using: &generator) ?? 0
    }
    try put(bytes, damaged)
    do {
      for (_, tensor) in try read(damaged) { _ = tensor.shape }
    } catch let error as FileError {
      #expect(error.path == damaged, sourceLocation: sourceLocation)
    }
  }
  try put(whole, damaged)
  for length in (0..<whole.count).reversed() {
    truncate(damaged, off_t(length))
    #expect(throws: FileError.self, "cut to \(length) bytes", sourceLocation: sourceLocation) { try read(damaged) }
  }
}
