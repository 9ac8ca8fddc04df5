import Files
import Foundation

/// An interpreter of the part of Python's pickle format (protocols 2 to 5) that PyTorch uses for state dicts.
///
/// It builds values and executes nothing: a function that is not one of `PickleFunction` is only a name, and its result
/// an object with the attributes that the pickle sets. Its memory is bounded by the number of operations, and it does
/// not recurse. Format: <https://github.com/python/cpython/blob/main/Lib/pickletools.py>.
struct PickleReader {
  /// The state dict of a network of a thousand tensors takes about 30,000.
  static let maximumOperations = 4_000_000
  static let maximumName = 1000

  var reader: ByteReader
  var objects = PickleObjects()
  var stack: [PickleValue] = []
  /// Heights of the stack at which marks were set.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var operationsLeft = Self.maximumOperations

  init(_ source: ByteSource) { reader = ByteReader(source) }

  /// Reads one pickle and returns its value; the next one may follow.
  mutating func next() throws(FileError) -> PickleValue {
    stack.removeAll()
    marks.removeAll()
    memo.removeAll()
    while true {
      try spend(1)
      if let value = try step() { return value }
    }
  }

  /// Counts work against the limit, so that a short pickle cannot cause much of it.
  mutating func spend(_ operations: Int) throws(FileError) {
    operationsLeft -= operations
    guard operationsLeft >= 0 else {
      throw problem("takes more than \(Self.maximumOperations) operations; that is no state dict")
    }
  }

  /// Performs one operation; its value is the pickle's where that was the last.
  private mutating func step() throws(FileError) -> PickleValue? {
    let code = try reader.byte(of: "its pickle")
    guard let operation = PickleOperation(rawValue: code) else {
      throw problem(
        "has operation 0x\(String(code, radix: 16)) at byte \(reader.offset - 1), which PyTorch does not write")
    }
    switch operation {
    case .proto:
      let version = try reader.byte(of: "its pickle")
      guard (2...5).contains(version) else { throw problem("has protocol \(version); 2 to 5 are read here") }
    case .frame: _ = try reader.integer(UInt64.self, of: "its pickle")
    case .stop: return try pop()
    case .mark: marks.append(stack.count)
    case .pop: if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .dup: stack.append(try top())
    case .binPut: memo[Int(try reader.byte(of: "its pickle"))] = try top()
    case .longBinPut: memo[Int(try reader.integer(UInt32.self, of: "its pickle"))] = try top()
    case .memoize: memo[memo.count] = try top()
    case .binGet: try get(Int(try reader.byte(of: "its pickle")))
    case .longBinGet: try get(Int(try reader.integer(UInt32.self, of: "its pickle")))
    case .none, .newTrue, .newFalse, .binInt, .binInt1, .binInt2, .long1, .long4, .binFloat, .binUnicode,
      .shortBinUnicode, .binUnicode8, .binString, .shortBinString, .binBytes, .shortBinBytes, .binBytes8,
      .byteArray8:
      stack.append(try constant(operation))
    case .emptyTuple: stack.append(objects.tuple([]))
    case .tuple: stack.append(objects.tuple(try popToMark()))
    case .tuple1: stack.append(objects.tuple(try pop(1)))
    case .tuple2: stack.append(objects.tuple(try pop(2)))
    case .tuple3: stack.append(objects.tuple(try pop(3)))
    case .emptyList: stack.append(objects.list([]))
    case .list: stack.append(objects.list(try popToMark()))
    case .append: try append(try pop(1))
    case .appends: try append(try popToMark())
    case .emptyDict: stack.append(objects.dictionary())
    case .dict:
      let items = try popToMark()
      stack.append(objects.dictionary())
      try set(items)
    case .setItem: try set(try pop(2))
    case .setItems: try set(try popToMark())
    case .emptySet: stack.append(.opaque)
    case .addItems, .frozenSet:
      _ = try popToMark()
      if operation == .frozenSet { stack.append(.opaque) } else { _ = try top() }
    case .global:
      let module = String(decoding: try reader.line(of: "its pickle", limit: Self.maximumName), as: UTF8.self)
      let name = String(decoding: try reader.line(of: "its pickle", limit: Self.maximumName), as: UTF8.self)
      stack.append(global(module, name))
    case .stackGlobal:
      let names = try pop(2)
      guard let module = objects.text(names[0]), let name = objects.text(names[1]) else {
        throw problem("names a function by something other than strings")
      }
      stack.append(global(module, name))
    case .reduce, .newObject:
      let call = try pop(2)
      stack.append(try apply(call[0], call[1]))
    case .newObjectEx:
      let call = try pop(3)
      stack.append(try apply(call[0], call[1]))
    case .build:
      // Attributes, such as a state dict's `_metadata`, hold no weights.
      _ = try pop()
      _ = try top()
    case .binPersistentID: stack.append(try storage(try pop()))
    }
    return nil
  }

  private mutating func constant(_ operation: PickleOperation) throws(FileError) -> PickleValue {
    let what: StaticString = "its pickle"
    switch operation {
    case .newTrue: return .bool(true)
    case .newFalse: return .bool(false)
    case .binInt: return .integer(Int(try reader.integer(Int32.self, of: what)))
    case .binInt1: return .integer(Int(try reader.byte(of: what)))
    case .binInt2: return .integer(Int(try reader.integer(UInt16.self, of: what)))
    case .long1: return long(try reader.take(Int(try reader.byte(of: what)), of: what))
    case .long4: return long(try reader.take(Int(try reader.integer(Int32.self, of: what)), of: what))
    case .binUnicode, .binString: return try string(Int(try reader.integer(UInt32.self, of: what)))
    case .shortBinUnicode, .shortBinString: return try string(Int(try reader.byte(of: what)))
    case .binUnicode8: return try string(try reader.length(of: what))
    case .binFloat: _ = try reader.take(8, of: what)
    case .binBytes: _ = try reader.take(Int(try reader.integer(UInt32.self, of: what)), of: what)
    case .shortBinBytes: _ = try reader.take(Int(try reader.byte(of: what)), of: what)
    case .binBytes8, .byteArray8: _ = try reader.take(try reader.length(of: what), of: what)
    default: return .none
    }
    return .opaque
  }

  private mutating func string(_ length: Int) throws(FileError) -> PickleValue {
    objects.string(String(decoding: try reader.take(length, of: "its pickle"), as: UTF8.self))
  }

  private func long(_ bytes: Data) -> PickleValue {
    guard bytes.count <= 8 else { return .long(bytes) }
    let negative = (bytes.last ?? 0) & 0x80 != 0
    var bits: UInt64 = negative ? .max : 0
    for byte in bytes.reversed() { bits = bits << 8 | UInt64(byte) }
    return .integer(Int(Int64(bitPattern: bits)))
  }

  private mutating func get(_ number: Int) throws(FileError) {
    guard let value = memo[number] else { throw problem("refers to value \(number), which it has not made") }
    stack.append(value)
  }

  private func top() throws(FileError) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else { throw problem("uses a value that is not there") }
    return value
  }

  private mutating func pop() throws(FileError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(FileError) -> [PickleValue] {
    guard stack.count - count >= marks.last ?? 0 else { throw problem("uses a value that is not there") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(FileError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw problem("uses a mark that is not there") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func append(_ values: [PickleValue]) throws(FileError) {
    switch try top() {
    case .list(let number): objects.lists[number].append(contentsOf: values)
    case .opaque, .object: break
    case let other: throw problem("appends to \(other.kind)")
    }
  }

  /// Sets keys and values that alternate.
  private mutating func set(_ items: [PickleValue]) throws(FileError) {
    guard items.count % 2 == 0 else { throw problem("sets a key without a value") }
    switch try top() {
    case .dictionary(let number), .object(let number):
      for index in stride(from: 0, to: items.count, by: 2) {
        if case .string(let key) = items[index] { objects.dictionaries[number][key] = items[index + 1] }
      }
    case .opaque: break
    case let other: throw problem("sets an item of \(other.kind)")
    }
  }

  func problem(_ problem: String) -> FileError {
    .invalid(reader.path, "has a pickle that \(problem)")
  }
}
