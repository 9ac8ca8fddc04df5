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
