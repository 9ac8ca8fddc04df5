import Foundation
import Tensors

extension PyTorchFile {
  /// The name that the archive's folder has when PyTorch writes to a stream.
  private static let folder = "archive"
  /// The version of the format, as PyTorch 1.6 and later write it.
  private static let version = "3\n"

  /// Writes the tensors as `torch.save` writes a state dict; the file appears whole or not at all.
  ///
  /// `torch.load`, also with `weights_only=True`, gives an ordered dictionary of tensors on the CPU, in the order of
  /// the names, with `generated` ones last. Metadata are left out. Equal state dicts give equal bytes. Throws
  /// `FileError` where the file cannot be written, or would exceed 4 GB.
  package static func write(_ stateDict: StateDict, adding generated: [GeneratedTensor] = [], to path: String) throws {
    let tensors = stateDict.map { GeneratedTensor($0.name, $0.tensor) } + generated
    var archive = try ZipWriter(path)
    try archive.add("\(folder)/data.pkl", pickle(tensors.map(\.description)))
    try archive.add("\(folder)/byteorder", Data("little".utf8))
    for (key, tensor) in tensors.enumerated() {
      let size = tensor.description.shape.reduce(tensor.description.type.byteCount, *)
      try archive.add("\(folder)/data/\(key)", size: size, pieces: tensor.pieces)
    }
    try archive.add("\(folder)/version", Data(version.utf8))
    try archive.finish()
  }

  /// An ordered dictionary of tensors, each the whole of a storage whose key is its number.
  private static func pickle(_ tensors: [TensorDescription]) -> Data {
    var pickle = PickleWriter()
    pickle.addOrderedDictionary()
    pickle.add(.mark)
    for (key, tensor) in tensors.enumerated() {
      pickle.add(tensor.name)
      pickle.add(tensor, storage: "\(key)")
    }
    pickle.add(.setItems, .stop)
    return pickle.bytes
  }
}

extension PickleWriter {
  /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)`.
  fileprivate mutating func add(_ tensor: TensorDescription, storage key: String) {
    add(global: "torch._utils", "_rebuild_tensor_v2")
    add(.mark)
    add(.mark)
    add("storage")
    add(global: "torch", PickleReader.storageName(of: tensor.type))
    add(key)
    add("cpu")
    add(tensor.shape.reduce(1, *))
    add(.tuple, .binPersistentID)
    add(0)
    add(tensor.shape)
    add(rowMajorStrides(tensor.shape))
    add(.newFalse)
    addOrderedDictionary()
    add(.tuple, .reduce)
  }

  /// As PyTorch counts them: an empty dimension counts as one element.
  private func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var step = 1
    return shape.reversed().map { size in
      defer { step *= max(size, 1) }
      return step
    }.reversed()
  }
}

/// A pickle of protocol 2, built operation by operation; what `PickleReader` reads.
struct PickleWriter {
  private(set) var bytes = Data([PickleOperation.proto.rawValue, 2])

  mutating func add(_ operations: PickleOperation...) {
    bytes.append(contentsOf: operations.map(\.rawValue))
  }

  mutating func add(_ text: String) {
    add(.binUnicode)
    bytes.append(UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  mutating func add(_ value: Int) {
    if let short = Int32(exactly: value) {
      add(.binInt)
      bytes.append(short)
    } else {
      add(.long1)
      bytes.append(UInt8(MemoryLayout<Int64>.size))
      bytes.append(Int64(value))
    }
  }

  /// A tuple of these numbers.
  mutating func add(_ values: [Int]) {
    add(.mark)
    for value in values { add(value) }
    add(.tuple)
  }

  mutating func add(global module: String, _ name: String) {
    add(.global)
    bytes.append(contentsOf: "\(module)\n\(name)\n".utf8)
  }

  mutating func addOrderedDictionary() {
    add(global: "collections", "OrderedDict")
    add(.emptyTuple, .reduce)
  }
}

extension Data {
  /// Appends a number, little-endian.
  mutating func append(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
