import CZlib
import Files
import Foundation

/// The table of contents of a zip archive in memory, and its entries, stored or deflated.
///
/// Format: APPNOTE.TXT of PKWARE, sections 4.3 to 4.5; zip64 included, encryption and several volumes not.
struct ZipArchive {
  struct Entry {
    let name: String
    let method: Int
    let checksum: UInt32
    let packedSize: Int
    let size: Int
    let headerOffset: Int
    let isEncrypted: Bool
  }

  /// Bytes whose checksum is computed at a time.
  private static let pieceLength = 1 << 22

  /// In the order of the table, folders left out.
  let entries: [Entry]
  private let source: ByteSource
  private let numbers: [String: Int]

  static func isZip(_ bytes: Data) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6])
  }

  init(_ source: ByteSource) throws(FileError) {
    let path = source.path
    let table = try ZipArchive.table(source)
    guard table.offset >= 0, table.length >= 0, table.offset <= source.count,
      table.length <= source.count - table.offset
    else {
      throw .invalid(path, "is a zip archive whose table of contents lies outside it; it is damaged, fetch it again")
    }
    var reader = ByteReader(source.part(0..<table.offset + table.length), at: table.offset)
    var entries: [Entry] = []
    var numbers: [String: Int] = [:]
    // Entries beyond the end are found when they are read.
    var room = source.count
    while reader.remaining > 0 {
      let entry = try ZipArchive.entry(&reader)
      if entry.name.hasSuffix("/") { continue }
      guard numbers.updateValue(entries.count, forKey: entry.name) == nil else {
        throw .invalid(path, "is a zip archive with two entries called \(entry.name.quoted)")
      }
      if (0...source.count).contains(entry.packedSize) { room -= entry.packedSize }
      guard room >= 0 else {
        throw .invalid(
          path,
          "is a zip archive whose entries lie on one another, as they take more than its \(source.count) bytes; "
            + "it is damaged or hostile")
      }
      entries.append(entry)
    }
    self.source = source
    self.entries = entries
    self.numbers = numbers
  }

  var path: String { source.path }

  subscript(name: String) -> Entry? { numbers[name].map { entries[$0] } }

  /// The bytes of an entry.
  func contents(of entry: Entry, _ budget: MemoryBudget) throws(FileError) -> Data {
    let range = try range(of: entry)
    try budget.take(range.count)
    let packed = try source.bytes(range)
    let contents: Data
    switch entry.method {
    case 0 where entry.packedSize == entry.size: contents = packed
    case 8: contents = try Inflate.inflated(packed, size: entry.size, of: entry.name, path: path, budget)
    default:
      throw .invalid(
        path,
        "has entry \(entry.name.quoted) packed by method \(entry.method); stored (0) and deflated (8) are read here")
    }
    try require(entry, ZipArchive.checksum(contents, after: 0))
    return contents
  }

  /// The bytes of an entry as a source: uncompressed ones stay in the file.
  func source(of entry: Entry, _ budget: MemoryBudget) throws(FileError) -> ByteSource {
    guard entry.method == 0, entry.packedSize == entry.size else {
      return ByteSource(try contents(of: entry, budget), path: path)
    }
    let range = try range(of: entry)
    if entry.checksum != 0 {
      var checksum: UInt = 0
      for start in stride(from: range.lowerBound, to: range.upperBound, by: ZipArchive.pieceLength) {
        let piece = try source.bytes(start..<min(start + ZipArchive.pieceLength, range.upperBound))
        checksum = ZipArchive.checksum(piece, after: checksum)
      }
      try require(entry, checksum)
    }
    return source.part(range)
  }

  /// The range of an entry's packed bytes.
  private func range(of entry: Entry) throws(FileError) -> Range<Int> {
    guard !entry.isEncrypted else {
      throw .invalid(path, "has entry \(entry.name.quoted) encrypted; unpack the archive and give the file inside")
    }
    var reader = ByteReader(source, at: entry.headerOffset)
    guard entry.headerOffset >= 0, try reader.integer(UInt32.self, of: "an entry") == 0x0403_4B50 else {
      throw .invalid(
        path, "has no entry \(entry.name.quoted) where its table of contents says; it is damaged, fetch it again")
    }
    _ = try reader.take(22, of: "an entry")
    let nameLength = Int(try reader.integer(UInt16.self, of: "an entry"))
    let extraLength = Int(try reader.integer(UInt16.self, of: "an entry"))
    _ = try reader.skip(nameLength + extraLength, of: "an entry")
    return try reader.skip(entry.packedSize, of: "an entry")
  }

  private func require(_ entry: Entry, _ checksum: UInt) throws(FileError) {
    // PyTorch writes 0 where it computes no checksums.
    guard entry.checksum == 0 || checksum == UInt(entry.checksum) else {
      throw .invalid(path, "has \(entry.name.quoted) damaged: its checksum does not match; fetch it again")
    }
  }

  private static func checksum(_ bytes: Data, after start: UInt) -> UInt {
    bytes.withUnsafeBytes { crc32_z(start, $0.bindMemory(to: UInt8.self).baseAddress, $0.count) }
  }
}

extension ZipArchive {
  /// The range of the table, as the end of the archive gives it.
  private static func table(_ source: ByteSource) throws(FileError) -> (offset: Int, length: Int) {
    let path = source.path
    let size = 22
    let comment = Int(UInt16.max)
    let first = max(0, source.count - size - comment)
    let tail = try source.bytes(first..<source.count)
    guard let found = tail.lastRange(of: [0x50, 0x4B, 5, 6]), tail.endIndex - found >= size else {
      throw .invalid(
        path, "is a zip archive without its end, after \(source.count) bytes; it is cut short, fetch it again")
    }
    let end = first + found - tail.startIndex
    let what: StaticString = "its table of contents"
    var reader = ByteReader(source, at: end + 12)
    let length = try reader.integer(UInt32.self, of: what)
    let offset = try reader.integer(UInt32.self, of: what)
    guard length == .max || offset == .max else { return (Int(offset), Int(length)) }

    var locator = ByteReader(source, at: end - 20)
    guard end >= 20, try locator.integer(UInt32.self, of: what) == 0x0706_4B50 else {
      throw .invalid(path, "is a zip archive without the table of contents it tells of; it is damaged, fetch it again")
    }
    _ = try locator.take(4, of: what)
    var record = ByteReader(source, at: try locator.length(of: what))
    guard try record.integer(UInt32.self, of: what) == 0x0606_4B50 else {
      throw .invalid(path, "is a zip archive without the table of contents it tells of; it is damaged, fetch it again")
    }
    _ = try record.take(36, of: what)
    let longLength = try record.length(of: what)
    return (try record.length(of: what), longLength)
  }

  /// One entry of the table.
  private static func entry(_ reader: inout ByteReader) throws(FileError) -> Entry {
    let what: StaticString = "its table of contents"
    guard try reader.integer(UInt32.self, of: what) == 0x0201_4B50 else {
      throw .invalid(reader.path, "is a zip archive with a damaged table of contents; fetch it again")
    }
    _ = try reader.take(4, of: what)
    let flags = try reader.integer(UInt16.self, of: what)
    let method = Int(try reader.integer(UInt16.self, of: what))
    _ = try reader.take(4, of: what)
    let checksum = try reader.integer(UInt32.self, of: what)
    var packedSize = Int(try reader.integer(UInt32.self, of: what))
    var size = Int(try reader.integer(UInt32.self, of: what))
    let nameLength = Int(try reader.integer(UInt16.self, of: what))
    let extraLength = Int(try reader.integer(UInt16.self, of: what))
    let commentLength = Int(try reader.integer(UInt16.self, of: what))
    _ = try reader.take(8, of: what)
    var headerOffset = Int(try reader.integer(UInt32.self, of: what))
    let name = String(decoding: try reader.take(nameLength, of: what), as: UTF8.self)
    var extra = ByteReader(try reader.take(extraLength, of: what), path: reader.path)
    _ = try reader.take(commentLength, of: what)

    // Zip64: what does not fit 32 bits is in an extra field, in this order.
    while extra.remaining >= 4 {
      let tag = try extra.integer(UInt16.self, of: what)
      let length = Int(try extra.integer(UInt16.self, of: what))
      var field = ByteReader(try extra.take(length, of: what), path: reader.path)
      guard tag == 1 else { continue }
      if size == UInt32.max { size = try field.length(of: what) }
      if packedSize == UInt32.max { packedSize = try field.length(of: what) }
      if headerOffset == UInt32.max { headerOffset = try field.length(of: what) }
    }
    return Entry(
      name: name, method: method, checksum: checksum, packedSize: packedSize, size: size, headerOffset: headerOffset,
      isEncrypted: flags & 1 != 0)
  }
}

extension Data {
  /// The offset of the last occurrence of `pattern`.
  fileprivate func lastRange(of pattern: [UInt8]) -> Index? {
    range(of: Data(pattern), options: .backwards)?.lowerBound
  }
}

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
