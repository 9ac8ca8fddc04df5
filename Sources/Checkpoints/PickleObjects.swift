import Tensors

/// The objects of a pickle.
struct PickleObjects {
  /// Keys that are strings, in order, with the last value given to each; other keys lead to no weights.
  struct Dictionary {
    private(set) var keys: [Int] = []
    private var values: [Int: PickleValue] = [:]

    subscript(key: Int) -> PickleValue? {
      get { values[key] }
      set { if values.updateValue(newValue ?? .none, forKey: key) == nil { keys.append(key) } }
    }
  }

  var strings: [String] = []
  private var stringNumbers: [String: Int] = [:]
  var tuples: [[PickleValue]] = []
  var lists: [[PickleValue]] = []
  var dictionaries: [Dictionary] = []
  var tensors: [StridedTensor] = []
  private(set) var storages: [StorageDescription] = []
  /// The storages by key: one key is one run of bytes in the file.
  private(set) var roots: [String: StorageDescription] = [:]

  /// Equal strings get one number, so that a long one, used often, is hashed once.
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
    guard case .dictionary(let number) = dictionary, let key = stringNumbers[key] else { return nil }
    return dictionaries[number][key]
  }

  /// The tensors of a dictionary by name, in order.
  func tensors(in dictionary: PickleValue) -> [(name: String, tensor: StridedTensor)] {
    guard case .dictionary(let number) = dictionary else { return [] }
    return dictionaries[number].keys.compactMap { key in
      guard case .tensor(let tensor)? = dictionaries[number][key] else { return nil }
      return (strings[key], tensors[tensor])
    }
  }
}
