import Files
import Foundation

/// PyTorch's format before 1.6: five pickles, then the storages one after another.
final class PyTorchLegacy: StorageSource {
  /// 0x1950a86a20f9469cfc6c, little-endian.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let protocolVersion = 1001

  private let bytes: Data
  private let path: String
  private let offsets: [String: Int]

  private init(_ bytes: Data, path: String, offsets: [String: Int]) {
    self.bytes = bytes
    self.path = path
    self.offsets = offsets
  }

  static func isPickle(_ bytes: Data) -> Bool {
    bytes.count >= 2 && bytes.first == PickleOperation.proto.rawValue && (2...5).contains(bytes[bytes.startIndex + 1])
  }

  static func read(_ bytes: Data, path: String) throws(FileError) -> PyTorchContents {
    var reader = PickleReader(bytes, path: path)
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

    var offsets: [String: Int] = [:]
    var data = reader.reader
    for key in keys {
      guard let key = objects.text(key), let storage = objects.roots[key], offsets[key] == nil else {
        throw .invalid(path, "has a list of storages that does not fit its tensors; it is damaged, fetch it again")
      }
      let count = try data.length(of: "the length of a storage")
      guard count == storage.count else {
        throw .invalid(
          path, "has \(count) elements in storage \(key.quoted), expected \(storage.count); fetch it again")
      }
      offsets[key] = data.offset
      _ = try data.take(count * storage.type.byteCount, of: "a storage")
    }
    return PyTorchContents(
      root: root, objects: objects, storages: PyTorchLegacy(bytes, path: path, offsets: offsets))
  }

  func elements(of storage: StorageDescription) throws(FileError) -> Data {
    guard let offset = offsets[storage.key] else {
      throw .invalid(path, "has no storage \(storage.key.quoted), which its pickle refers to; fetch it again")
    }
    let start = bytes.startIndex + offset
    return bytes[start..<start + storage.count * storage.type.byteCount]
  }
}
