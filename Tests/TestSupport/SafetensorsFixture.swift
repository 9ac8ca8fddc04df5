import Foundation

/// The tensors of a safetensors file, read without the code under test.
public struct SafetensorsFixture: Sendable {
  /// One tensor: its element type as the file names it ("F32", "F64", "I64", "U8" ...), shape and little-endian bytes.
  public struct Entry: Sendable {
    public let dtype: String
    public let shape: [Int]
    public let bytes: [UInt8]

    /// The elements of an F32 tensor.
    public var floats: [Float] { get throws { try elements("F32", Float.self) } }
    /// The elements of an F64 tensor.
    public var doubles: [Double] { get throws { try elements("F64", Double.self) } }
    /// The elements of an I64 tensor.
    public var int64s: [Int64] { get throws { try elements("I64", Int64.self) } }
    /// The elements of an I32 tensor.
    public var int32s: [Int32] { get throws { try elements("I32", Int32.self) } }
    /// The elements of a U8 tensor.
    public var uint8s: [UInt8] { get throws { try elements("U8", UInt8.self) } }

    private func elements<Element>(_ expected: String, _ type: Element.Type) throws -> [Element] {
      guard dtype == expected else { throw Problem("holds \(dtype), the test asked for \(expected)") }
      return bytes.withUnsafeBytes { raw in
        (0..<raw.count / MemoryLayout<Element>.size).map {
          raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
        }
      }
    }
  }

  /// Why a fixture could not be used.
  public struct Problem: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
  }

  private let entries: [String: Entry]

  /// Reads the file at `path`.
  public init(_ path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    guard data.count >= 8 else { throw Problem("\(path) is too short") }
    let headerSize = data.withUnsafeBytes { Int(UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))) }
    guard let json = try JSONSerialization.jsonObject(with: data[8..<8 + headerSize]) as? [String: Any] else {
      throw Problem("\(path) has no header")
    }
    var entries: [String: Entry] = [:]
    for (name, value) in json where name != "__metadata__" {
      guard let value = value as? [String: Any], let dtype = value["dtype"] as? String,
        let shape = value["shape"] as? [Int], let offsets = value["data_offsets"] as? [Int], offsets.count == 2
      else { throw Problem("\(path): the entry '\(name)' is malformed") }
      let body = 8 + headerSize
      entries[name] = Entry(dtype: dtype, shape: shape, bytes: Array(data[body + offsets[0]..<body + offsets[1]]))
    }
    self.entries = entries
  }

  /// The names of all tensors, sorted.
  public var names: [String] { entries.keys.sorted() }

  /// The tensor of this name; throws when there is none.
  public func callAsFunction(_ name: String) throws -> Entry {
    guard let entry = entries[name] else { throw Problem("no tensor named '\(name)'") }
    return entry
  }
}
