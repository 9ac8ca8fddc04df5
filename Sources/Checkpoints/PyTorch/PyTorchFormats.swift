import Files
import Foundation

/// PyTorch's format since 1.6: a zip archive with a pickle and one entry for each storage.
final class PyTorchZip: StorageSource {
  private static let pickleName = "data.pkl"

  private let archive: ZipArchive
  private let folder: String
  private let budget: MemoryBudget

  private init(_ archive: ZipArchive, folder: String, _ budget: MemoryBudget) {
    self.archive = archive
    self.folder = folder
    self.budget = budget
  }

  /// The contents of the archive; a PyTorch file that is the only one in an archive is read from there.
  static func read(_ source: ByteSource, _ budget: MemoryBudget) throws(FileError) -> PyTorchContents {
    let archive = try ZipArchive(source)
    if let contents = try read(archive, budget) { return contents }
    let inner = try archive.source(of: try onlyFile(archive), budget)
    let start = try inner.prefix(8)
    if ZipArchive.isZip(start) {
      if let contents = try read(try ZipArchive(inner), budget) { return contents }
    } else if PyTorchLegacy.isPickle(start) {
      return try PyTorchLegacy.read(inner)
    }
    throw .invalid(
      source.path, "is a zip archive of a file which torch.save did not write; unpack it and give the weights inside")
  }

  /// `nil` where the archive has no pickle.
  private static func read(_ archive: ZipArchive, _ budget: MemoryBudget) throws(FileError) -> PyTorchContents? {
    let suffix = "/\(pickleName)"
    let pickles = archive.entries.filter { $0.name.hasSuffix(suffix) && $0.name.count(where: { $0 == "/" }) == 1 }
    guard let pickle = pickles.first else { return nil }
    guard pickles.count == 1 else {
      throw .invalid(archive.path, "is a zip archive of \(pickles.count) PyTorch files; give one of them")
    }
    let folder = String(pickle.name.dropLast(pickleName.count))
    if let order = archive["\(folder)byteorder"] {
      let order = String(decoding: try archive.contents(of: order, budget).prefix(20), as: UTF8.self)
      guard order == "little" else {
        throw .invalid(
          archive.path, "has byte order \(order.quoted); 'little' was expected: save it on another computer")
      }
    }
    var reader = PickleReader(try archive.source(of: pickle, budget))
    let root = try reader.next()
    return PyTorchContents(
      root: root, objects: reader.objects, storages: PyTorchZip(archive, folder: folder, budget))
  }

  /// The one file of an archive, or the one among several that is named like a file of weights.
  private static func onlyFile(_ archive: ZipArchive) throws(FileError) -> ZipArchive.Entry {
    let files = archive.entries.filter { entry in
      !entry.name.hasPrefix("__MACOSX/") && entry.name.split(separator: "/").last?.hasPrefix(".") == false
    }
    if files.count == 1 { return files[0] }
    let weights = files.filter { file in [".pth", ".pt"].contains { file.name.hasSuffix($0) } }
    guard weights.count == 1 else {
      throw .invalid(
        archive.path,
        "is a zip archive of \(files.count) files without PyTorch's \(pickleName); "
          + "unpack it and give the weights inside"
      )
    }
    return weights[0]
  }

  func elements(of storage: StorageDescription) throws(FileError) -> Data {
    guard let entry = archive["\(folder)data/\(storage.key)"] else {
      throw .invalid(archive.path, "has no storage \(storage.key.quoted), which its pickle refers to; fetch it again")
    }
    let needed = storage.count * storage.type.byteCount
    guard entry.size >= needed else {
      throw .invalid(
        archive.path,
        "has \(entry.size) bytes in storage \(storage.key.quoted) where \(storage.count) \(storage.type) take \(needed)"
      )
    }
    return try archive.contents(of: entry, budget)
  }
}

/// PyTorch's format before 1.6: five pickles, then the storages one after another.
final class PyTorchLegacy: StorageSource {
  /// 0x1950a86a20f9469cfc6c, little-endian.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let protocolVersion = 1001

  private let source: ByteSource
  /// The byte range of each storage's elements.
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
