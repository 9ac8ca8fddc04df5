import Files
import Foundation
import Tensors

/// The JSON table at the start of a safetensors file.
struct SafetensorsHeader {
  struct Entry {
    let description: TensorDescription
    /// Where the elements lie, counted from the end of the header.
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
