/// Hand-made zip archives of stored entries, without checksums.
enum ZipBuilder {
  /// An archive of `files`; all of `aliases` list the last of them again, which lies there once.
  static func archive(
    _ files: [(name: String, bytes: [UInt8])], aliases: [String] = [], flags: UInt16 = 0
  ) -> [UInt8] {
    var archive: [UInt8] = []
    var entries: [[UInt8]] = []
    for (name, bytes) in files {
      let start = archive.count
      archive += header(name, size: bytes.count, flags: flags) + bytes
      let names = entries.count == files.count - 1 ? [name] + aliases : [name]
      entries += names.map { entry($0, size: bytes.count, at: start, flags: flags) }
    }
    let table = entries.flatMap(\.self)
    return archive + table + end(entries.count, table.count, at: archive.count)
  }

  private static func header(_ name: String, size: Int, flags: UInt16) -> [UInt8] {
    PickleBuilder.bytes(0x0403_4B50 as UInt32) + facts(name, size, flags) + PickleBuilder.bytes(0 as UInt16)
      + Array(name.utf8)
  }

  private static func entry(_ name: String, size: Int, at offset: Int, flags: UInt16) -> [UInt8] {
    PickleBuilder.bytes(0x0201_4B50 as UInt32) + PickleBuilder.bytes(20 as UInt16) + facts(name, size, flags)
      + [UInt8](repeating: 0, count: 12) + PickleBuilder.bytes(UInt32(offset)) + Array(name.utf8)
  }

  /// Version, flags, stored, time and date, checksum, sizes, length of the name.
  private static func facts(_ name: String, _ size: Int, _ flags: UInt16) -> [UInt8] {
    PickleBuilder.bytes(20 as UInt16) + PickleBuilder.bytes(flags) + [UInt8](repeating: 0, count: 10)
      + PickleBuilder.bytes(UInt32(size)) + PickleBuilder.bytes(UInt32(size))
      + PickleBuilder.bytes(UInt16(name.utf8.count))
  }

  private static func end(_ count: Int, _ length: Int, at offset: Int) -> [UInt8] {
    PickleBuilder.bytes(0x0605_4B50 as UInt32) + [0, 0, 0, 0] + PickleBuilder.bytes(UInt16(count))
      + PickleBuilder.bytes(UInt16(count)) + PickleBuilder.bytes(UInt32(length)) + PickleBuilder.bytes(UInt32(offset))
      + [0, 0]
  }
}
