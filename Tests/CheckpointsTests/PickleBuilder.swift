/// Hand-made pickles and files of PyTorch's older format around them.
enum PickleBuilder {
  static func string(_ text: String) -> [UInt8] { [0x58] + bytes(UInt32(text.utf8.count)) + Array(text.utf8) }

  static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + bytes(Int64(value)) }

  static func tuple(_ parts: [[UInt8]]) -> [UInt8] { [0x28] + parts.flatMap(\.self) + [0x74] }

  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

  static func storage(_ key: String, _ type: String, _ count: Int) -> [UInt8] {
    tuple([string("storage"), global("torch", type), string(key), string("cpu"), integer(count), [0x4E]]) + [0x51]
  }

  static func tensor(_ storage: [UInt8], offset: Int, size: [Int], stride: [Int]) -> [UInt8] {
    global("torch._utils", "_rebuild_tensor_v2")
      + tuple([
        storage, integer(offset), tuple(size.map(integer)), tuple(stride.map(integer)), [0x89], [0x7D],
      ]) + [0x52]
  }

  /// A dictionary of these items.
  static func dictionary(_ items: [(String, [UInt8])]) -> [UInt8] {
    [0x7D, 0x28] + items.flatMap { string($0) + $1 } + [0x75]
  }

  /// A file of the older format whose object pickle consists of `operations`, with one storage of eight floats, "0".
  static func file(_ operations: [UInt8], keys: [String] = ["0"], count: Int = 8) -> [UInt8] {
    let magic: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    let version: [UInt8] = [0x80, 2, 0x4D, 0xE9, 3, 0x2E]
    let system: [UInt8] = [0x80, 2, 0x7D, 0x2E]
    let list = [0x80, 2, 0x5D, 0x28] + keys.flatMap(string) + [0x65, 0x2E]
    let floats = (0..<8).flatMap { bytes((Float($0) / 4).bitPattern) }
    return magic + version + system + [0x80, 2] + operations + [0x2E] + list + bytes(Int64(count)) + floats
  }

  static func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
}
