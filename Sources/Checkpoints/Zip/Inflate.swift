import CZlib
import Files
import Foundation

enum Inflate {
  /// Largest number of bytes that deflate packs into one.
  private static let maximumRatio = 1032

  /// The `size` bytes that raw deflated `bytes` hold; what they are is named in errors.
  static func inflated(
    _ bytes: Data, size: Int, of name: String, path: String, _ budget: MemoryBudget
  ) throws(FileError) -> Data {
    guard size / maximumRatio <= bytes.count else {
      throw .invalid(
        path, "says that \(bytes.count) bytes hold the \(size) of \(name.quoted); it is damaged or hostile")
    }
    try budget.take(size)
    var output = Data(count: size)
    let complete = output.withUnsafeMutableBytes { output in
      bytes.withUnsafeBytes { input in inflate(input, into: output) }
    }
    guard complete else {
      throw .invalid(path, "has \(name.quoted) damaged: it does not unpack to \(size) bytes; fetch it again")
    }
    return output
  }

  /// Whether all of `input` unpacks to exactly the length of `output`.
  private static func inflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
    var stream = z_stream()
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return false
    }
    defer { inflateEnd(&stream) }
    var (read, written) = (0, 0)
    // One byte more than wanted shows that the input does not end where it should.
    var excess: UInt8 = 0
    return withUnsafeMutablePointer(to: &excess) { excess in
      while true {
        // zlib counts in 32 bits.
        let available = min(input.count - read, 1 << 30)
        let room = min(output.count - written, 1 << 30)
        stream.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress.map { ($0 + read).assumingMemoryBound(to: UInt8.self) })
        stream.avail_in = uInt(available)
        stream.next_out =
          room == 0 ? excess : output.baseAddress.map { ($0 + written).assumingMemoryBound(to: UInt8.self) }
        stream.avail_out = uInt(max(room, 1))
        let status = CZlib.inflate(&stream, Z_NO_FLUSH)
        let produced = max(room, 1) - Int(stream.avail_out)
        read += available - Int(stream.avail_in)
        if room == 0, produced > 0 { return false }
        written += produced
        if status == Z_STREAM_END { return written == output.count }
        if status != Z_OK { return false }
      }
    }
  }
}
