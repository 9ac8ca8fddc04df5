import Foundation
import Tensors

/// Operations of a pickle by opcode.
enum PickleOperation: UInt8 {
  case proto = 0x80
  case frame = 0x95
  case stop = 0x2E

  // Stack and memo
  case mark = 0x28
  case pop = 0x30
  case popMark = 0x31
  case dup = 0x32
  case binPut = 0x71
  case longBinPut = 0x72
  case memoize = 0x94
  case binGet = 0x68
  case longBinGet = 0x6A

  // Constants
  case none = 0x4E
  case newTrue = 0x88
  case newFalse = 0x89
  case binInt = 0x4A
  case binInt1 = 0x4B
  case binInt2 = 0x4D
  case long1 = 0x8A
  case long4 = 0x8B
  case binFloat = 0x47
  case binUnicode = 0x58
  case shortBinUnicode = 0x8C
  case binUnicode8 = 0x8D
  case binString = 0x54
  case shortBinString = 0x55
  case binBytes = 0x42
  case shortBinBytes = 0x43
  case binBytes8 = 0x8E
  case byteArray8 = 0x96

  // Containers
  case emptyTuple = 0x29
  case tuple = 0x74
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case emptyList = 0x5D
  case list = 0x6C
  case append = 0x61
  case appends = 0x65
  case emptyDict = 0x7D
  case dict = 0x64
  case setItem = 0x73
  case setItems = 0x75
  case emptySet = 0x8F
  case addItems = 0x90
  case frozenSet = 0x91

  // Objects
  case global = 0x63
  case stackGlobal = 0x93
  case reduce = 0x52
  case newObject = 0x81
  case newObjectEx = 0x92
  case build = 0x62
  case binPersistentID = 0x51
}

/// A value of a pickle. Containers are indices into `PickleObjects`, not references: a list that
/// contains itself, or a million nested ones, then need no recursion and no reference cycle.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  /// An integer of more than eight bytes, little-endian.
  case long(Data)
  case string(Int)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case function(PickleFunction)
  /// A function or class of Python, known by its name alone.
  case foreign(Int)
  /// The result of such a function or class: a dictionary of its attributes.
  case object(Int)
  case storageType(ElementType)
  case storage(Int)
  case tensor(Int)
  /// Something that is not needed for tensors: floats, bytes, sets.
  case opaque

  /// For messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a truth value"
    case .integer, .long: "a whole number"
    case .string: "a string"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .function, .foreign, .storageType: "a class"
    case .object: "an object of Python"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .opaque: "a value without tensors"
    }
  }
}

/// The few functions and classes of a PyTorch pickle that make state dicts; each is emulated, none is executed.
enum PickleFunction {
  case orderedDict
  case size
  case rebuildTensor
  case rebuildParameter

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDict
    case ("torch", "Size"): self = .size
    case ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
      self = .rebuildParameter
    default: return nil
    }
  }
}

/// The objects of a pickle.
struct PickleObjects {
  /// Keys that are strings, in order, with the last value given to each; other keys hold no weights.
  struct Dictionary {
    private(set) var keys: [Int] = []
    private var values: [Int: PickleValue] = [:]
    private(set) var tensorCount = 0

    subscript(key: Int) -> PickleValue? {
      get { values[key] }
      set {
        let old = values.updateValue(newValue ?? .none, forKey: key)
        if old == nil { keys.append(key) }
        if case .tensor? = old { tensorCount -= 1 }
        if case .tensor? = newValue { tensorCount += 1 }
      }
    }
  }

  var strings: [String] = []
  private var stringNumbers: [String: Int] = [:]
  var tuples: [[PickleValue]] = []
  var lists: [[PickleValue]] = []
  var dictionaries: [Dictionary] = []
  /// Name numbers of the functions or classes that made the dictionaries which are objects.
  private var makers: [Int: Int] = [:]
  var tensors: [StridedTensor] = []
  private(set) var storages: [StorageDescription] = []
  /// The storages by key: each key is one byte range of the file.
  private(set) var roots: [String: StorageDescription] = [:]

  /// Equal strings share a number, so that a long string used often is hashed once.
  mutating func string(_ text: String) -> PickleValue {
    if let number = stringNumbers[text] { return .string(number) }
    stringNumbers[text] = strings.count
    strings.append(text)
    return .string(strings.count - 1)
  }

  mutating func tuple(_ values: [PickleValue]) -> PickleValue {
    tuples.append(values)
    return .tuple(tuples.count - 1)
  }

  mutating func list(_ values: [PickleValue]) -> PickleValue {
    lists.append(values)
    return .list(lists.count - 1)
  }

  mutating func dictionary() -> PickleValue {
    dictionaries.append(Dictionary())
    return .dictionary(dictionaries.count - 1)
  }

  mutating func foreign(_ name: String) -> PickleValue {
    guard case .string(let number) = string(name) else { return .opaque }
    return .foreign(number)
  }

  /// An object that the function or class `name` would make.
  mutating func object(of name: String) -> PickleValue {
    guard case .string(let number) = string(name) else { return .opaque }
    dictionaries.append(Dictionary())
    makers[dictionaries.count - 1] = number
    return .object(dictionaries.count - 1)
  }

  /// The name of a function or class of Python, or of the one that made an object.
  func foreignName(_ value: PickleValue?) -> String? {
    switch value {
    case .foreign(let name)?: strings[name]
    case .object(let number)?: makers[number].map { strings[$0] }
    default: nil
    }
  }

  mutating func tensor(_ tensor: StridedTensor) -> PickleValue {
    tensors.append(tensor)
    return .tensor(tensors.count - 1)
  }

  /// `nil` where the same key came before with another type or length.
  mutating func storage(_ storage: StorageDescription) -> PickleValue? {
    if let root = roots[storage.key] {
      guard root.type == storage.type, root.count == storage.count else { return nil }
    } else {
      roots[storage.key] = storage
    }
    storages.append(storage)
    return .storage(storages.count - 1)
  }

  func text(_ value: PickleValue?) -> String? {
    if case .string(let number)? = value { return strings[number] }
    return nil
  }

  func sequence(_ value: PickleValue?) -> [PickleValue]? {
    switch value {
    case .tuple(let number)?: tuples[number]
    case .list(let number)?: lists[number]
    default: nil
    }
  }

  /// The integers of a tuple, such as a shape.
  func integers(_ value: PickleValue?) -> [Int]? {
    guard let values = sequence(value), values.count <= Shape.maximumRank else { return nil }
    let integers = values.compactMap { if case .integer(let integer) = $0 { integer } else { nil } }
    return integers.count == values.count ? integers : nil
  }

  /// The value of `key` in a dictionary.
  func value(_ key: String, in dictionary: PickleValue) -> PickleValue? {
    guard let dictionary = entries(of: dictionary), let key = stringNumbers[key] else { return nil }
    return dictionary[key]
  }

  /// Keys and values of a dictionary, in order.
  func items(of dictionary: PickleValue) -> [(key: String, value: PickleValue)] {
    guard let dictionary = entries(of: dictionary) else { return [] }
    return dictionary.keys.map { (strings[$0], dictionary[$0] ?? .none) }
  }

  /// The tensors of a dictionary by name, in order.
  func tensors(in dictionary: PickleValue) -> [(name: String, tensor: StridedTensor)] {
    items(of: dictionary).compactMap { key, value in
      guard case .tensor(let tensor) = value else { return nil }
      return (key, tensors[tensor])
    }
  }

  func holdsTensors(_ dictionary: PickleValue) -> Bool {
    (entries(of: dictionary)?.tensorCount ?? 0) > 0
  }

  private func entries(of value: PickleValue) -> Dictionary? {
    switch value {
    case .dictionary(let number), .object(let number): dictionaries[number]
    default: nil
    }
  }
}
