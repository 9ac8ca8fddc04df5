import CZlib
import Files
import Foundation

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
