import Foundation
import Tensors

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
