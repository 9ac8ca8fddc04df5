import Files
import Foundation

/// PyTorch's format before 1.6: five pickles, then the storages one after another.
final class PyTorchLegacy: StorageSource {
  /// 0x1950a86a20f9469cfc6c, little-endian.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let protocolVersion = 1001

  private let source: ByteSource
  /// Where the elements of each storage lie.
  private let ranges: [String: Range<Int>]

  private init(_ source: ByteSource, _ ranges: [String: Range<Int>]) {
    self.source = source
    self.ranges = ranges
  }

  static func isPickle(_ bytes: Data) -> Bool {
    bytes.count >= 2 && bytes.first == PickleOperation.proto.rawValue && (2...5).contains(bytes[bytes.startIndex + 1])
  }

  static func read(_ source: ByteSource) throws(FileError) -> PyTorchContents {
    let path = source.path
    var reader = PickleReader(source)
    guard case .long(let magic) = try reader.next(), magic.elementsEqual(Self.magic) else {
      throw .invalid(path, "is a pickle that torch.save did not write; a state dict was expected")
    }
    guard case .integer(let version) = try reader.next(), version == protocolVersion else {
      throw .invalid(path, "has another version of PyTorch's older format than \(protocolVersion)")
    }
    let system = try reader.next()
    if case .bool(false)? = reader.objects.value("little_endian", in: system) {
      throw .invalid(path, "comes from a computer of big-endian byte order; save it on another computer")
    }
    let root = try reader.next()
    let keyList = try reader.next()
    let objects = reader.objects
    let keys = objects.sequence(keyList) ?? []

    var ranges: [String: Range<Int>] = [:]
    var data = reader.reader
    for key in keys {
      guard let key = objects.text(key), let storage = objects.roots[key], ranges[key] == nil else {
        throw .invalid(path, "has a list of storages that does not fit its tensors; it is damaged, fetch it again")
      }
      let count = try data.length(of: "the length of a storage")
      guard count == storage.count else {
        throw .invalid(
          path, "has \(count) elements in storage \(key.quoted), expected \(storage.count); fetch it again")
      }
      ranges[key] = try data.skip(count * storage.type.byteCount, of: "a storage")
    }
    return PyTorchContents(root: root, objects: objects, storages: PyTorchLegacy(source, ranges))
  }

  func elements(of storage: StorageDescription) throws(FileError) -> Data {
    guard let range = ranges[storage.key] else {
      throw .invalid(
        source.path, "has no storage \(storage.key.quoted), which its pickle refers to; fetch it again")
    }
    return try source.bytes(range)
  }
}
