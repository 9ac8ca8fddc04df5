import Files
import Foundation
import Tensors

/// Files in the safetensors format: a JSON table of names, types and shapes, then the elements.
///
/// Format: <https://huggingface.co/docs/safetensors>. Files written here hold checksums, which are verified on reading.
public enum Safetensors {
  /// The tensors of the file at `path`, on the CPU, in the order of its table; excluded ones are not loaded.
  ///
  /// Throws `FileError` where the file does not keep to the format, or is not as it was written.
  public static func read(_ path: String, excluding isExcluded: (String) -> Bool = { _ in false }) throws -> StateDict {
    try read(try ByteSource(contentsOf: path), excluding: isExcluded)
  }

  /// `naming` gives the names to which those of the file are changed; nil leaves a tensor out.
  static func read(
    _ file: ByteSource, naming: ([String]) -> [String?] = { $0 }, toleratingDamage toleratesDamage: Bool = false,
    excluding isExcluded: (String) -> Bool
  ) throws -> StateDict {
    let path = file.path
    let (header, payload) = try SafetensorsHeader.read(file)
    var stateDict = StateDict(metadata: header.metadata)
    func report(_ damage: String) throws(FileError) {
      let advice = "copy or fetch it again; what changes it on purpose must leave out \(SafetensorsChecksums.key)"
      if !toleratesDamage { throw .invalid(path, "\(damage); \(advice)") }
      stateDict.warnings.append(FileWarning(path, damage))
    }

    if header.checksums?.fits(header.metadata) == false { try report(metadataDamage) }
    for (name, entry) in zip(naming(header.entries.map(\.description.name)), header.entries) {
      guard let name, !isExcluded(name) else { continue }
      let description = entry.description
      let bytes = try payload.bytes(entry.range)
      let (tensor, isIntact) = try bytes.withUnsafeBytes { bytes in
        (
          try Tensor(name, bytes, description.shape, description.type, path: path),
          header.checksums?.fits(description, bytes) ?? true
        )
      }
      if !isIntact {
        let numbers = try tensor.isAllFinite() ? "" : ", and it holds numbers that are not finite (NaN or infinity)"
        try report("has tensor \(name.quoted) damaged: its checksum does not match\(numbers)")
      }
      stateDict[name] = tensor
    }
    return stateDict
  }

  private static let metadataDamage = "has its metadata damaged: their checksum does not match"

  /// What the file at `path` holds, from its header alone.
  public static func describe(
    _ path: String
  ) throws(FileError) -> (tensors: [TensorDescription], metadata: [String: String]) {
    let (header, _) = try SafetensorsHeader.read(try ByteSource(contentsOf: path))
    if header.checksums?.fits(header.metadata) == false {
      throw .invalid(path, "\(metadataDamage); copy or fetch it again")
    }
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
    header.metadata[SafetensorsChecksums.key] = nil
    header.entries = zip(tensors, ranges).map { (pair, range) in
      .init(
        description: TensorDescription(name: pair.name, shape: pair.tensor.shape, type: pair.tensor.type), range: range)
    }
    var checksums = SafetensorsChecksums(placesFor: header.entries)
    checksums.set(header.metadata)
    let file = try OutputFile(path)
    // Without the tensors' checksums yet, which take no more space when they are known.
    header.checksums = checksums
    try file.write(try header.encoded(path))
    for index in order {
      try tensors[index].tensor.withBytes { bytes in
        checksums.set(header.entries[index].description, bytes)
        try file.write(bytes)
      }
    }
    header.checksums = checksums
    try file.overwrite(try header.encoded(path), at: 0)
    try file.commit()
  }
}
