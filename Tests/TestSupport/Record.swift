import Foundation

/// A record of an event file, read by the format's description and by nothing of the writer.
public struct Record {
  /// Seconds since 1970.
  public let time: Double
  /// The bytes of the message after the time.
  public let message: [UInt8]

  struct Damage: Error {}

  /// The records of the file at `path`; throws unless it consists of whole ones with their checksums.
  public static func all(in path: String) throws -> [Record] {
    var rest = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))[...]
    var records: [Record] = []
    while !rest.isEmpty {
      let length = try take(8, &rest)
      guard number(try take(4, &rest)) == checksum(length) else { throw Damage() }
      let data = try take(Int(number(length)), &rest)
      guard number(try take(4, &rest)) == checksum(data) else { throw Damage() }
      // Field 1, eight bytes.
      guard data.first == 0x09, data.count >= 9 else { throw Damage() }
      records.append(Record(time: Double(bitPattern: number(Array(data[1..<9]))), message: Array(data[9...])))
    }
    return records
  }

  private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
    guard count <= rest.count else { throw Damage() }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  private static func number(_ bytes: [UInt8]) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }

  /// The masked CRC-32C, by division bit after bit.
  private static func checksum(_ bytes: [UInt8]) -> UInt64 {
    var rest: UInt32 = .max
    for byte in bytes {
      for bit in 0..<8 {
        let carry = (rest ^ UInt32(byte >> bit)) & 1
        rest = rest >> 1 ^ carry * 0x82F6_3B78
      }
    }
    let sum = ~rest
    return UInt64((sum >> 15 | sum << 17) &+ 0xA282_EAD8)
  }
}
