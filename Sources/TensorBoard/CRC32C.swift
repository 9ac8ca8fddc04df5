import Foundation

/// The checksum CRC-32C, Castagnoli's polynomial with bits in reverse order (RFC 3720, section 12.1).
package enum CRC32C {
  /// What a byte does to the remainder.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0x82F6_3B78 : rest >> 1 }
  }

  package static func checksum(_ data: Data) -> UInt32 {
    // A picture has a million bytes, and a buffer is quicker to ask than an array.
    table.withUnsafeBufferPointer { table in
      data.withUnsafeBytes { bytes in
        ~bytes.reduce(~0) { rest, byte in table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] ^ rest >> 8 }
      }
    }
  }
}
