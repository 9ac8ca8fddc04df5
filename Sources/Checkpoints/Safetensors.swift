import Files
import Foundation
import Tensors

/// Files in the safetensors format: a JSON table of names, types and shapes, then the elements.
///
/// Format: <https://huggingface.co/docs/safetensors>.
public enum Safetensors {
  /// The tensors of the file at `path`, on the CPU, in the order of its table; excluded ones are checked, not loaded.
  ///
  /// Throws `FileError` where the file does not keep to the format.
  public static func read(_ path: String, excluding isExcluded: (String) -> Bool = { _ in false }) throws -> StateDict {
    try read(try MappedFile.open(path), path, excluding: isExcluded)
  }

  static func read(_ file: Data, _ path: String, excluding isExcluded: (String) -> Bool) throws -> StateDict {
    let (header, payload) = try SafetensorsHeader.read(file, path: path)
    var stateDict = StateDict(metadata: header.metadata)
    for entry in header.entries where !isExcluded(entry.description.name) {
      let tensor = entry.description
      stateDict[tensor.name] = try payload.withUnsafeBytes { bytes in
        try Tensor(
          tensor.name, UnsafeRawBufferPointer(rebasing: bytes[entry.range]), tensor.shape, tensor.type, path: path)
      }
    }
    return stateDict
  }

  /// What the file at `path` holds, from its header alone.
  public static func describe(
    _ path: String
  ) throws(FileError) -> (tensors: [TensorDescription], metadata: [String: String]) {
    let (header, _) = try SafetensorsHeader.read(try MappedFile.open(path), path: path)
    return (header.entries.map(\.description), header.metadata)
  }

  /// Writes the tensors and the metadata to `path`; the file appears whole or not at all.
  ///
  /// Equal state dicts give equal bytes. The table keeps the order of the names; the elements lie widest type first, so
  /// that each tensor is aligned.
  public static func write(_ stateDict: StateDict, to path: String) throws {
    let tensors = Array(stateDict)
    let order = tensors.indices.sorted {
      (-tensors[$0].tensor.type.byteCount, $0) < (-tensors[$1].tensor.type.byteCount, $1)
    }
    var ranges = [Range<Int>](repeating: 0..<0, count: tensors.count)
    var end = 0
    for index in order {
      let tensor = tensors[index].tensor
      let start = end
      end += tensor.shape.reduce(tensor.type.byteCount, *)
      ranges[index] = start..<end
    }

    var header = SafetensorsHeader()
    header.metadata = stateDict.metadata
    header.entries = zip(tensors, ranges).map { (pair, range) in
      .init(
        description: TensorDescription(name: pair.name, shape: pair.tensor.shape, type: pair.tensor.type), range: range)
    }
    let file = try OutputFile(path)
    try file.write(try header.encoded(path))
    for index in order {
      try tensors[index].tensor.withBytes { bytes in try file.write(bytes) }
    }
    try file.commit()
  }
}
