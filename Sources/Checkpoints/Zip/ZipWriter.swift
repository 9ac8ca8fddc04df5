import CZlib
import Files
import Foundation

/// Writes a zip archive of stored entries, each aligned as PyTorch aligns them, so that readers may map them.
///
/// Format: APPNOTE.TXT of PKWARE, section 4.3, without zip64. Equal entries give equal bytes.
struct ZipWriter {
  /// Alignment of an entry's bytes.
  private static let alignment = 64
  /// The extra field that PyTorch pads with.
  private static let paddingTag = UInt16(UInt8(ascii: "F")) | UInt16(UInt8(ascii: "B")) << 8
  private static let version: UInt16 = 20
  /// 1 January 1980, the first date that the format can hold.
  private static let date: UInt16 = 0x21

  private let file: OutputFile
  private var offset = 0
  private var table = Data()
  private var count = 0

  init(_ path: String) throws(FileError) { file = try OutputFile(path) }

  mutating func add(_ name: String, _ bytes: Data) throws {
    try add(name, size: bytes.count) { take in try bytes.withUnsafeBytes(take) }
  }

  /// Adds an entry of `size` bytes; `pieces` is called twice, since the header before them contains their checksum.
  mutating func add(_ name: String, size: Int, pieces: (GeneratedTensor.Taker) throws -> Void) throws {
    let (length, start) = (try field(size, UInt32.self), try field(offset, UInt32.self))
    let checksum = try ZipWriter.checksum(pieces)

    var facts = Data()
    // Needed version, flags, method (stored), time, date, checksum, packed and unpacked size.
    for number in [Self.version, 0, 0, 0, Self.date] { facts.append(number) }
    for number in [checksum, length, length] { facts.append(number) }
    facts.append(UInt16(name.utf8.count))

    var header = Data()
    header.append(UInt32(0x0403_4B50))
    header.append(facts)
    let fieldHeader = 4
    let unpadded = offset + header.count + 2 + name.utf8.count + fieldHeader
    let padding = (Self.alignment - unpadded % Self.alignment) % Self.alignment
    header.append(UInt16(fieldHeader + padding))
    header.append(contentsOf: name.utf8)
    header.append(Self.paddingTag)
    header.append(UInt16(padding))
    header.append(Data(count: padding))

    try file.write(header)
    var written = 0
    try pieces { piece in
      written += piece.count
      try file.write(piece)
    }
    precondition(written == size, "\(name) has \(written) bytes, \(size) were announced")
    offset += header.count + size

    table.append(UInt32(0x0201_4B50))
    table.append(Self.version)
    table.append(facts)
    // Extra field, comment, volume and internal attributes; external attributes.
    for _ in 0..<4 { table.append(UInt16(0)) }
    table.append(UInt32(0))
    table.append(start)
    table.append(contentsOf: name.utf8)
    count += 1
  }

  /// Writes the table of contents and commits the file.
  mutating func finish() throws(FileError) {
    let entries = try field(count, UInt16.self)
    let (length, start) = (try field(table.count, UInt32.self), try field(offset, UInt32.self))
    table.append(UInt32(0x0605_4B50))
    for number in [0, 0, entries, entries] { table.append(number) }
    table.append(length)
    table.append(start)
    table.append(UInt16(0))
    try file.write(table)
    try file.commit()
  }

  private static func checksum(_ pieces: (GeneratedTensor.Taker) throws -> Void) throws -> UInt32 {
    var checksum: UInt = 0
    try pieces { piece in
      // For a null pointer zlib would return the initial checksum.
      guard !piece.isEmpty else { return }
      checksum = crc32_z(checksum, piece.bindMemory(to: UInt8.self).baseAddress, piece.count)
    }
    return UInt32(truncatingIfNeeded: checksum)
  }

  /// A number as the format stores it; the largest one of each width stands for zip64.
  private func field<Field: FixedWidthInteger>(_ number: Int, _: Field.Type) throws(FileError) -> Field {
    if let field = Field(exactly: number), field < Field.max { return field }
    throw .invalid(
      file.path, "would be a zip archive of more than 4 GB or \(UInt16.max - 1) entries; write safetensors instead")
  }
}
