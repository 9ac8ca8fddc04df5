import Files
import Tensors

/// The objects of PyTorch's pickles other than plain values: storages, tensors, parameters.
extension PickleReader {
  private static let storageTypes = Dictionary(
    uniqueKeysWithValues: ElementType.allCases.map { (storageName(of: $0), $0) })

  /// PyTorch's name of the class of storages with these elements, in its module `torch`.
  static func storageName(of type: ElementType) -> String {
    switch type {
    case .uint8: "ByteStorage"
    case .int8: "CharStorage"
    case .int16: "ShortStorage"
    case .int32: "IntStorage"
    case .int64: "LongStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .float32: "FloatStorage"
    case .float64: "DoubleStorage"
    case .bool: "BoolStorage"
    }
  }

  /// Whether a function or class of this name makes tensors of an unsupported kind.
  static func makesTensors(_ name: String) -> Bool {
    name.hasPrefix("torch._utils._rebuild") || (name.hasPrefix("torch.") && name.hasSuffix("Storage"))
  }

  mutating func global(_ module: String, _ name: String) -> PickleValue {
    if let function = PickleFunction(module: module, name: name) { return .function(function) }
    if module == "torch" || module == "torch.cuda", let type = Self.storageTypes[name] { return .storageType(type) }
    return objects.foreign("\(module).\(name)")
  }

  mutating func apply(_ function: PickleValue, _ arguments: PickleValue) throws(FileError) -> PickleValue {
    guard case .tuple(let number) = arguments else { throw problem("calls with \(arguments.kind), not with a tuple") }
    let values = objects.tuples[number]
    if let name = objects.foreignName(function) { return objects.object(of: name) }
    guard case .function(let function) = function else { throw problem("calls \(function.kind)") }
    switch function {
    case .orderedDict: return try orderedDict(values)
    case .size:
      guard let size = values.first, objects.integers(size) != nil else { throw problem("makes a size of no integers") }
      return size
    case .rebuildParameter:
      switch values.first {
      case .tensor(let number)?: return .tensor(number)
      case .object(let number)?: return .object(number)
      default: throw problem("makes a parameter of no tensor")
      }
    case .rebuildTensor:
      // Of a storage whose element type is not supported.
      if case .object(let number)? = values.first { return .object(number) }
      return try tensor(values)
    }
  }

  /// An empty dictionary, or one of a list of pairs, as Python 2 wrote it.
  private mutating func orderedDict(_ arguments: [PickleValue]) throws(FileError) -> PickleValue {
    let result = objects.dictionary()
    guard let pairs = arguments.first, case .dictionary(let dictionary) = result else { return result }
    let items = objects.sequence(pairs) ?? []
    try spend(items.count)
    for item in items {
      guard let pair = objects.sequence(item), pair.count == 2 else {
        throw problem("makes a dictionary of something other than pairs")
      }
      if case .string(let key) = pair[0] { objects.dictionaries[dictionary][key] = pair[1] }
    }
    return result
  }

  /// `_rebuild_tensor_v2(storage, offset, size, stride, ...)`, checked against the storage.
  private mutating func tensor(_ arguments: [PickleValue]) throws(FileError) -> PickleValue {
    guard arguments.count >= 4, case .storage(let number) = arguments[0], case .integer(let offset) = arguments[1],
      let shape = objects.integers(arguments[2]), let strides = objects.integers(arguments[3]),
      shape.count == strides.count
    else { throw problem("makes a tensor of something other than storage, offset, size and strides") }
    let storage = objects.storages[number]
    guard let count = Shape.elementCount(shape, storage.type), offset >= 0, strides.allSatisfy({ $0 >= 0 }) else {
      throw problem("makes a tensor of offset \(offset), size \(shape) and strides \(strides)")
    }
    var last = offset
    var overflows = false
    for (size, stride) in zip(shape, strides) where count > 0 {
      let (reach, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
      let (next, tooFarBy) = last.addingReportingOverflow(reach)
      overflows = overflows || tooFar || tooFarBy
      last = next
    }
    guard !overflows, count == 0 || last < storage.view.count else {
      throw problem(
        "makes a tensor of offset \(offset), size \(shape) and strides \(strides) from \(storage.view.count) elements")
    }
    return objects.tensor(
      StridedTensor(
        storage: storage, offset: count == 0 ? 0 : storage.view.lowerBound + offset, shape: shape,
        strides: zip(shape, strides).map { size, stride in size == 1 ? 0 : stride }, elementCount: count))
  }

  /// The storage of `("storage", type, key, location, count)`.
  ///
  /// In the older format `(key, offset, count)` of a view may follow.
  mutating func storage(_ identifier: PickleValue) throws(FileError) -> PickleValue {
    if let parts = objects.sequence(identifier), parts.count >= 2, let name = objects.foreignName(parts[1]) {
      return objects.object(of: name)
    }
    guard let parts = objects.sequence(identifier), parts.count >= 5, objects.text(parts[0]) == "storage",
      case .storageType(let type) = parts[1], let key = objects.text(parts[2]), case .integer(let count) = parts[4],
      count >= 0, !count.multipliedReportingOverflow(by: type.byteCount).overflow
    else { throw problem("refers to something other than a storage") }
    var view = 0..<count
    if parts.count > 5, let part = objects.sequence(parts[5]) {
      guard part.count == 3, case .integer(let offset) = part[1], case .integer(let length) = part[2],
        offset >= 0, length >= 0, offset <= count, length <= count - offset
      else { throw problem("refers to a view that does not lie inside its storage") }
      view = offset..<offset + length
    }
    guard let value = objects.storage(StorageDescription(key: key, type: type, count: count, view: view)) else {
      throw problem("refers to storage \(key.quoted) by two types or lengths")
    }
    return value
  }
}

/// Consecutive elements of one type, stored outside the pickle.
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
          let offset = (start + column * step) * MemoryLayout<Element>.size
          elements.initializeElement(at: count, to: storage.loadUnaligned(fromByteOffset: offset, as: Element.self))
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
