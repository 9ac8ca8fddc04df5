import Files
import Foundation
import Tensors

/// Weights that PyTorch's `torch.save` wrote.
///
/// The pickle inside is read, never executed: everything that is not a tensor is skipped. Both of PyTorch's formats,
/// the zip archive and the older plain one, are read, and a zip archive that holds one such file.
package enum PyTorchFile {
  /// The tensors of the state dict in the file at `path`, on the CPU and row-major, in the file's order.
  ///
  /// The state dict may be stored under `state_dict`, `model` and other well-known keys; where several of them hold
  /// weights, the result's warnings name the one that was taken. Prefixes that wrappers put before all names are
  /// removed. The elements of names for which `isExcluded` holds are never read. Throws `FileError` where the file is
  /// damaged, or holds no state dict.
  package static func read(_ path: String, excluding isExcluded: (String) -> Bool = { _ in false }) throws -> StateDict
  {
    try read(try ByteSource(contentsOf: path), excluding: isExcluded)
  }

  static func read(_ source: ByteSource, excluding isExcluded: (String) -> Bool) throws -> StateDict {
    let path = source.path
    let budget = MemoryBudget(path: path, fileLength: source.count)
    let contents = try contents(source, budget)
    let weights = try contents.weights(path)
    let wanted = try tensors(weights, contents.objects, path).filter { !isExcluded($0.name) }
    var stateDict = StateDict()
    stateDict.warnings = warnings(weights, path)

    // A storage that several tensors share is read once, and kept no longer than it is needed.
    var uses: [String: Int] = [:]
    for (_, tensor) in wanted { uses[tensor.storage.key, default: 0] += 1 }
    var loaded: [String: Data] = [:]
    for (name, tensor) in wanted {
      let key = tensor.storage.key
      try budget.take(tensor, name)
      let storage = if let known = loaded[key] { known } else { try contents.storages.elements(of: tensor.storage) }
      uses[key, default: 0] -= 1
      loaded[key] = uses[key] == 0 ? nil : storage
      stateDict[name] = try storage.withUnsafeBytes { bytes in
        try tensor.withRowMajorBytes(of: bytes) { try Tensor(name, $0, tensor.shape, tensor.storage.type, path: path) }
      }
    }
    return stateDict
  }

  private static func contents(_ source: ByteSource, _ budget: MemoryBudget) throws(FileError) -> PyTorchContents {
    let start = try source.prefix(8)
    if ZipArchive.isZip(start) { return try PyTorchZip.read(source, budget) }
    if PyTorchLegacy.isPickle(start) { return try PyTorchLegacy.read(source) }
    throw try WeightsFile.unknown(source)
  }

  /// The tensors by their unwrapped names. Throws for tensors of an unsupported kind, which would otherwise be missing
  /// silently.
  private static func tensors(
    _ weights: PyTorchContents.Weights, _ objects: PickleObjects, _ path: String
  ) throws(FileError) -> [(name: String, tensor: StridedTensor)] {
    for (name, value) in objects.items(of: weights.dictionary) {
      guard let maker = objects.foreignName(value), PickleReader.makesTensors(maker) else { continue }
      throw .invalid(
        path, "has tensor \(name.quoted) made by \(maker.quoted), which is not read here; save it as a plain tensor")
    }
    let tensors = objects.tensors(in: weights.dictionary)
    return zip(WrappedNames.unwrapped(tensors.map(\.name)), tensors).compactMap { name, entry in
      name.map { ($0, entry.tensor) }
    }
  }

  private static func warnings(_ weights: PyTorchContents.Weights, _ path: String) -> [FileWarning] {
    if weights.others.isEmpty { return [] }
    let taken = PyTorchContents.listed([weights.keyPath])
    return [
      FileWarning(
        path,
        "holds weights under \(PyTorchContents.listed([weights.keyPath] + weights.others)); those under \(taken) are taken"
      )
    ]
  }
}

/// The pickled value of a PyTorch file, and access to its storages.
struct PyTorchContents {
  let root: PickleValue
  let objects: PickleObjects
  let storages: any StorageSource
}

/// The elements of a file's storages.
protocol StorageSource {
  /// All elements of a storage, not copied if they are in memory uncompressed.
  func elements(of storage: StorageDescription) throws(FileError) -> Data
}

extension PyTorchContents {
  /// The state dict that was chosen among what a file holds.
  struct Weights {
    /// Its key path; empty where it is the file's top-level value.
    let keyPath: [String]
    let dictionary: PickleValue
    /// Key paths of further ones.
    var others: [[String]] = []
  }

  /// Keys under which training scripts keep weights: learnt weights before their running means.
  private static let keys = [
    "state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "generator", "params",
    "weights", "state_dict_ema", "model_ema", "ema_state_dict", "ema_model", "params_ema", "ema",
  ]
  /// Keys that may follow one another.
  private static let depth = 3
  /// Dictionaries that are looked through for tensors elsewhere.
  private static let searched = 10_000
  private static let advice = "save only the state dict in PyTorch: torch.save(model.state_dict(), ...)"

  /// The first state dict in the order of `keys`, or else the file's top-level value.
  func weights(_ path: String) throws(FileError) -> Weights {
    let found = nested(root, [])
    if var first = found.first {
      first.others = found.dropFirst().map(\.keyPath)
      return first
    }
    if objects.holdsTensors(root) { return Weights(keyPath: [], dictionary: root) }
    guard case .dictionary = root else { throw .invalid(path, notDictionary(root)) }
    if let object = Self.keys.lazy.compactMap({ objects.foreignName(objects.value($0, in: root)) }).first {
      throw .invalid(path, "needs \(object.quoted), which this reader does not run; \(Self.advice)")
    }
    let elsewhere = keyPaths()
    guard !elsewhere.isEmpty else {
      throw .invalid(
        path,
        "holds a dictionary without tensors, also under \(Self.keys.prefix(6).joined(separator: ", ")); "
          + "a state dict was expected: torch.save(model.state_dict(), ...)")
    }
    let first = elsewhere[0].map { "[\(String($0.quoted))]" }.joined()
    throw .invalid(
      path,
      "holds no tensors at its top or under \(Self.keys.prefix(6).joined(separator: ", ")) and the like, but under "
        + "\(Self.listed(elsewhere)); save those that are the weights alone, as in torch.save(checkpoint\(first), ...)")
  }

  private func nested(_ value: PickleValue, _ keyPath: [String]) -> [Weights] {
    guard keyPath.count < Self.depth else { return [] }
    return Self.keys.flatMap { key -> [Weights] in
      guard let inner = objects.value(key, in: value) else { return [] }
      let innerPath = keyPath + [key]
      return objects.holdsTensors(inner)
        ? [Weights(keyPath: innerPath, dictionary: inner)] : nested(inner, innerPath)
    }
  }

  private func notDictionary(_ value: PickleValue) -> String {
    if let name = objects.foreignName(value) {
      return "needs \(name.quoted), which this reader does not run; \(Self.advice)"
    }
    return "holds \(value.kind) where a state dict was expected; save torch.save(model.state_dict(), ...)"
  }

  /// Key paths of the dictionaries with tensors, whatever their keys.
  private func keyPaths() -> [[String]] {
    var result: [[String]] = []
    var level: [(keyPath: [String], value: PickleValue)] = [([], root)]
    var left = Self.searched
    for _ in 0..<Self.depth {
      var next: [(keyPath: [String], value: PickleValue)] = []
      for (keyPath, value) in level where left > 0 {
        for (key, inner) in objects.items(of: value) where left > 0 {
          left -= 1
          if objects.holdsTensors(inner) {
            result.append(keyPath + [key])
          } else {
            next.append((keyPath + [key], inner))
          }
        }
      }
      level = next
    }
    return result
  }

  /// "'a', 'b.c' and 2 more"
  static func listed(_ keyPaths: [[String]]) -> String {
    let limit = 4
    let shown = keyPaths.prefix(limit).map { $0.joined(separator: ".").quoted }
    let rest = keyPaths.count - shown.count
    return shown.joined(separator: rest == 0 && shown.count == 2 ? " and " : ", ")
      + (rest > 0 ? " and \(rest) more" : "")
  }
}
