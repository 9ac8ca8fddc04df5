import CZlib
import Files
import Foundation
import Tensors

/// Files in the safetensors format: a JSON table of names, types and shapes, then the elements.
///
/// Format: <https://huggingface.co/docs/safetensors>. Files written here hold checksums, which are verified on reading.
package enum Safetensors {
  /// The tensors of the file at `path`, on the CPU, in the order of its table; excluded ones are not loaded.
  ///
  /// Throws `FileError` where the file does not keep to the format, or was changed after it was written.
  package static func read(_ path: String, excluding isExcluded: (String) -> Bool = { _ in false }) throws -> StateDict
  {
    try read(try ByteSource(contentsOf: path), excluding: isExcluded)
  }

  /// `naming` maps the names in the file to those in the result; nil leaves a tensor out.
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

  /// Tensors and metadata of the file at `path`, from its header alone.
  package static func describe(
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
  /// Equal state dicts give equal bytes. The table keeps the order of the names; the elements are stored widest type
  /// first, so that each tensor is aligned.
  package static func write(_ stateDict: StateDict, to path: String) throws {
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
    // With placeholders for the tensors' checksums, which have the same size.
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

/// The JSON table at the start of a safetensors file.
struct SafetensorsHeader {
  struct Entry {
    let description: TensorDescription
    /// The byte range of the elements, from the end of the header.
    let range: Range<Int>
  }

  /// The format's own limit.
  static let maximumLength = 100_000_000
  static let metadataKey = "__metadata__"

  /// In the order of the file's table.
  var entries: [Entry] = []
  /// Without the entry of checksums.
  var metadata: [String: String] = [:]
  /// Nil where the file has none.
  var checksums: SafetensorsChecksums?

  static let names: [(type: ElementType, name: String)] = [
    (.float64, "F64"), (.float32, "F32"), (.float16, "F16"), (.bfloat16, "BF16"), (.int64, "I64"), (.int32, "I32"),
    (.int16, "I16"), (.int8, "I8"), (.uint8, "U8"), (.bool, "BOOL"),
  ]

  /// The table of a safetensors file, checked against the format, and the bytes behind it.
  static func read(_ file: ByteSource) throws(FileError) -> (header: SafetensorsHeader, payload: ByteSource) {
    let path = file.path
    var reader = ByteReader(file)
    let length = try reader.length(of: "the length of its header")
    guard length <= maximumLength else {
      throw .invalid(path, "has a header of \(length) bytes; a safetensors header has at most \(maximumLength)")
    }
    guard length <= reader.remaining else {
      throw .invalid(
        path, "has \(file.count) bytes but a header of \(length); the file is cut short, fetch it again")
    }
    var json = SafetensorsJSON(try reader.take(length, of: "its header"), path: path)
    var header = try json.header()
    header.checksums = try SafetensorsChecksums(takenFrom: &header.metadata, path: path)
    let payload = file.part(reader.offset..<file.count)
    try header.requireTiling(payload.count, path)
    return (header, payload)
  }

  /// Throws unless the tensors fill the rest of the file without a gap or an overlap.
  private func requireTiling(_ length: Int, _ path: String) throws(FileError) {
    var end = 0
    for entry in entries.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      guard entry.range.lowerBound == end else {
        throw .invalid(
          path,
          "has tensor \(entry.description.name.quoted) at byte \(entry.range.lowerBound), "
            + "expected at \(end), after the one before it"
        )
      }
      end = entry.range.upperBound
    }
    guard end == length else {
      let cause = end > length ? "it is cut short, fetch it again" : "something foreign follows the tensors"
      throw .invalid(path, "has \(length) bytes of tensors where its header tells of \(end); \(cause)")
    }
  }

  /// The header as the file's first bytes: its length, then JSON padded with spaces to a multiple of eight.
  func encoded(_ path: String) throws(FileError) -> Data {
    var json = "{"
    var metadata = metadata
    metadata[SafetensorsChecksums.key] = checksums?.encoded
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(SafetensorsJSON.encoded($0.key)):\(SafetensorsJSON.encoded($0.value))" }
      json += "\(SafetensorsJSON.encoded(Self.metadataKey)):{\(pairs.joined(separator: ","))}"
    }
    for entry in entries {
      guard entry.description.name != Self.metadataKey else {
        throw .invalid(path, "cannot hold a tensor called \(Self.metadataKey), which the format keeps for itself")
      }
      guard let type = Self.names.first(where: { $0.type == entry.description.type })?.name else {
        throw .invalid(
          path, "cannot hold tensor \(entry.description.name.quoted) of \(entry.description.type) elements")
      }
      let shape = entry.description.shape.map(String.init).joined(separator: ",")
      if json.utf8.count > 1 { json += "," }
      json += SafetensorsJSON.encoded(entry.description.name)
      json += ":{\"dtype\":\"\(type)\",\"shape\":[\(shape)]"
      json += ",\"data_offsets\":[\(entry.range.lowerBound),\(entry.range.upperBound)]}"
    }
    json += "}"
    json += String(repeating: " ", count: (8 - json.utf8.count % 8) % 8)
    guard json.utf8.count <= Self.maximumLength else {
      throw .invalid(path, "would need a header of \(json.utf8.count) bytes; the format allows \(Self.maximumLength)")
    }
    return withUnsafeBytes(of: UInt64(json.utf8.count).littleEndian) { Data($0) } + Data(json.utf8)
  }
}

/// CRC-32 checksums of the parts of a safetensors file, which this program keeps in the file's metadata.
///
/// One entry holds them all as a JSON object of eight hexadecimal digits by name. That of a tensor is over its element
/// type and shape, as in "F32 64,3,7,7", a line feed and its elements; that of the other metadata, under
/// `__metadata__`, over their keys and values in order, each with a line feed. Files of other programs have none.
struct SafetensorsChecksums {
  /// The metadata's entry that holds them.
  static let key = "blpseg_crc32"
  private static let metadataName = SafetensorsHeader.metadataKey

  private var digits: [String: String]

  /// Placeholders for checksums that are still to be computed, of the same size.
  init(placesFor entries: [SafetensorsHeader.Entry]) {
    let names = entries.map(\.description.name) + [Self.metadataName]
    digits = Dictionary(names.map { ($0, "00000000") }) { $1 }
  }

  /// Removes and returns the checksums in a file's metadata; nil where there are none.
  init?(takenFrom metadata: inout [String: String], path: String) throws(FileError) {
    guard let text = metadata.removeValue(forKey: Self.key) else { return nil }
    digits = try SafetensorsJSON.strings(Data(text.utf8), path: path)
  }

  /// As the metadata's entry keeps them.
  var encoded: String {
    let pairs = digits.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\(SafetensorsJSON.encoded($0.key)):\"\($0.value)\"" }
    return "{\(pairs.joined(separator: ","))}"
  }

  mutating func set(_ tensor: TensorDescription, _ bytes: UnsafeRawBufferPointer) {
    digits[tensor.name] = Self.checksum(tensor, bytes)
  }

  mutating func set(_ metadata: [String: String]) { digits[Self.metadataName] = Self.checksum(metadata) }

  func fits(_ tensor: TensorDescription, _ bytes: UnsafeRawBufferPointer) -> Bool {
    digits[tensor.name] == Self.checksum(tensor, bytes)
  }

  func fits(_ metadata: [String: String]) -> Bool { digits[Self.metadataName] == Self.checksum(metadata) }

  private static func checksum(_ tensor: TensorDescription, _ bytes: UnsafeRawBufferPointer) -> String {
    let type = SafetensorsHeader.names.first { $0.type == tensor.type }?.name ?? ""
    let text = "\(type) \(tensor.shape.map(String.init).joined(separator: ","))\n"
    return hexadecimal(crc(bytes, after: crc(text, after: 0)))
  }

  private static func checksum(_ metadata: [String: String]) -> String {
    let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return hexadecimal(pairs.reduce(0) { crc("\($1.key)\n\($1.value)\n", after: $0) })
  }

  private static func crc(_ text: String, after start: UInt) -> UInt {
    Array(text.utf8).withUnsafeBytes { crc($0, after: start) }
  }

  private static func crc(_ bytes: UnsafeRawBufferPointer, after start: UInt) -> UInt {
    crc32_z(start, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
  }

  private static func hexadecimal(_ value: UInt) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
