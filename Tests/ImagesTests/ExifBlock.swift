import Foundation

/// Exif blocks written by hand, and files that hold them.
enum ExifBlock {
  /// TIFF of one directory with a tag that does not matter and the orientation, as `count` numbers of `type`.
  static func bytes(_ orientation: Int, bigEndian: Bool, type: Int = 3, count: Int = 1) -> [UInt8] {
    func number(_ value: Int, _ size: Int) -> [UInt8] {
      let little = (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      return bigEndian ? little.reversed() : little
    }
    let size = [1: 1, 3: 2, 4: 4][type] ?? 2
    let value = number(orientation, size) + [UInt8](repeating: 0, count: 4 - size)
    let entries =
      [number(0x010F, 2) + number(2, 2) + number(4, 4) + Array("abc\0".utf8)]
      + [number(0x0112, 2) + number(type, 2) + number(count, 4) + value]
    return (bigEndian ? [0x4D, 0x4D, 0, 0x2A] : [0x49, 0x49, 0x2A, 0])
      + number(8, 4) + number(entries.count, 2) + entries.joined() + number(0, 4)
  }

  /// The JPEG with a segment APP1 of the block before all others.
  static func inserted(_ block: [UInt8], intoJPEG jpeg: [UInt8]) -> [UInt8] {
    let contents = Array("Exif\0\0".utf8) + block
    let length = contents.count + 2
    return Array(jpeg[..<2]) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + contents + jpeg[2...]
  }

  /// The PNG with a chunk eXIf of the block after its first chunk or before its last.
  static func inserted(_ block: [UInt8], intoPNG png: [UInt8], atEnd: Bool = false) -> [UInt8] {
    let named = Array("eXIf".utf8) + block
    func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
    let chunk = bytes(UInt32(block.count)) + named + bytes(checksum(named))
    let place = atEnd ? png.count - 12 : 33
    return Array(png[..<place]) + chunk + png[place...]
  }

  /// PNG's CRC-32.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 {
        let isOdd = crc & 1 == 1
        crc >>= 1
        if isOdd { crc ^= 0xEDB8_8320 }
      }
    }
    return ~crc
  }
}
