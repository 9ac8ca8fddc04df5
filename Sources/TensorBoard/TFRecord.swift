import Foundation

/// The framing of records in TensorFlow's files (tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format
/// details"): length, its checksum, the data and its checksum, all in little-endian order.
enum TFRecord {
  /// The bytes that hold `data` in a file.
  static func framed(_ data: Data) -> Data {
    let length = bytes(of: UInt64(data.count))
    return length + checksum(length) + data + checksum(data)
  }

  /// The format's checksum: CRC-32C, rotated and offset so that data may contain checksums themselves.
  private static func checksum(_ data: Data) -> Data {
    let sum = CRC32C.checksum(data)
    return bytes(of: (sum >> 15 | sum << 17) &+ 0xA282_EAD8)
  }

  private static func bytes(of number: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: number.littleEndian) { Data($0) }
  }
}

/// The checksum CRC-32C, Castagnoli's polynomial with bits in reverse order (RFC 3720, section 12.1).
package enum CRC32C {
  /// The remainders of the 256 bytes.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0x82F6_3B78 : rest >> 1 }
  }

  package static func checksum(_ data: Data) -> UInt32 {
    // A picture has a million bytes, and a buffer is faster than an array.
    table.withUnsafeBufferPointer { table in
      data.withUnsafeBytes { bytes in
        ~bytes.reduce(~0) { rest, byte in table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] ^ rest >> 8 }
      }
    }
  }
}
