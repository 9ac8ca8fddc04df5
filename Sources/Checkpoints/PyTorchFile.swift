import Files
import Foundation
import Tensors

/// Weights that PyTorch's `torch.save` wrote.
///
/// The pickle inside is read, never executed: what is not a tensor is passed over, whatever it is. Both of PyTorch's
/// formats, the zip archive and the older plain one, are read, and a zip archive that holds one such file.
public enum PyTorchFile {
  /// The tensors of the state dict in the file at `path`, on the CPU and row-major, in the file's order.
  ///
  /// The state dict may lie under `state_dict`, `model` and other well-known keys; where several of them hold weights,
  /// the result's warnings tell which were taken. Prefixes that wrappers put before all names are removed. The elements
  /// of names for which `isExcluded` holds are never touched. Throws `FileError` where the file is damaged, or holds no
  /// state dict.
  public static func read(_ path: String, excluding isExcluded: (String) -> Bool = { _ in false }) throws -> StateDict {
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

  /// The tensors by their unwrapped names. Throws for tensors of a kind that is not read here, which would be missed.
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
    let taken = PyTorchContents.listed([weights.place])
    return [
      FileWarning(
        path,
        "holds weights under \(PyTorchContents.listed([weights.place] + weights.others)); those under \(taken) are taken"
      )
    ]
  }
}
