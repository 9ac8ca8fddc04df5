import Foundation

/// The framing of records in TensorFlow's files (tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format
/// details"): length, its checksum, the data and its checksum, all in little-endian order.
enum TFRecord {
  /// The bytes that hold `data` in a file.
  static func framed(_ data: Data) -> Data {
    let length = bytes(of: UInt64(data.count))
    return length + checksum(length) + data + checksum(data)
  }

  /// The format's checksum: CRC-32C, turned and shifted so that data may hold checksums themselves.
  private static func checksum(_ data: Data) -> Data {
    let sum = CRC32C.checksum(data)
    return bytes(of: (sum >> 15 | sum << 17) &+ 0xA282_EAD8)
  }

  private static func bytes(of number: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: number.littleEndian) { Data($0) }
  }
}
