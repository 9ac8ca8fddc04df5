import Tensors

/// A run of elements of one type, stored apart from the pickle.
struct StorageDescription: Equatable {
  let key: String
  let type: ElementType
  /// Elements of the whole storage in the file.
  let count: Int
  /// The part that tensors may use; the older format has storages that are views of others.
  let view: Range<Int>
}

/// A tensor as a view of a storage, checked to lie inside it; offset and strides count elements, and the stride of a
/// dimension of one element is 0.
struct StridedTensor {
  let storage: StorageDescription
  let offset: Int
  let shape: [Int]
  let strides: [Int]
  let elementCount: Int

  var byteCount: Int { elementCount * storage.type.byteCount }

  var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if stride != expected { return elementCount == 0 }
      expected *= size
    }
    return true
  }
}

extension StridedTensor {
  /// Calls `body` with the elements in row-major order; they are copied only where the storage has another order.
  func withRowMajorBytes<Result>(
    of storage: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    if isContiguous {
      let start = offset * self.storage.type.byteCount
      return try body(UnsafeRawBufferPointer(rebasing: storage[start..<start + byteCount]))
    }
    switch self.storage.type.byteCount {
    case 1: return try gathered(UInt8.self, storage).withUnsafeBytes(body)
    case 2: return try gathered(UInt16.self, storage).withUnsafeBytes(body)
    case 4: return try gathered(UInt32.self, storage).withUnsafeBytes(body)
    default: return try gathered(UInt64.self, storage).withUnsafeBytes(body)
    }
  }

  private func gathered<Element: BitwiseCopyable>(_: Element.Type, _ storage: UnsafeRawBufferPointer) -> [Element] {
    Array(unsafeUninitializedCapacity: elementCount) { elements, count in
      let width = shape.last ?? 1
      let step = strides.last ?? 1
      var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
      var start = offset
      while count < elementCount {
        for column in 0..<width {
          let place = (start + column * step) * MemoryLayout<Element>.size
          elements.initializeElement(at: count, to: storage.loadUnaligned(fromByteOffset: place, as: Element.self))
          count += 1
        }
        // The next row: like an odometer, from the last dimension but one.
        var dimension = index.count - 1
        while dimension >= 0 {
          index[dimension] += 1
          start += strides[dimension]
          if index[dimension] < shape[dimension] { break }
          start -= index[dimension] * strides[dimension]
          index[dimension] = 0
          dimension -= 1
        }
      }
    }
  }
}
