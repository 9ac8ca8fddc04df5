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

  /// The contents of the archive; an archive of a single file, as weights are published in, is opened once more.
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

  /// The one file of an archive, or the one among several that is called like weights.
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
