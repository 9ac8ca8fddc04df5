import Foundation
import TensorBoard
import Testing

@Suite("The checksum CRC-32C")
struct CRC32CTests {
  /// An iSCSI command to read.
  private static let read: [UInt8] = [
    0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
    0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
  ]

  @Test(
    "of the examples in RFC 3720, section B.4, is the published one",
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 255, count: 32), 0x62A8_AB43),
      ([UInt8](0..<32), 0x46DD_794E), ([UInt8]((0..<32).reversed()), 0x113F_DB5C), (read, 0xD996_3A56),
    ] as [([UInt8], UInt32)])
  func published(bytes: [UInt8], sum: UInt32) { #expect(CRC32C.checksum(Data(bytes)) == sum) }

  @Test("of the digits 1 to 9 is the check value of the CRC catalogue, and of nothing 0")
  func digits() {
    #expect(CRC32C.checksum(Data("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum(Data()) == 0)
  }
}
