import Files
import Foundation

/// The pickled value of a PyTorch file and the way to its storages.
struct PyTorchContents {
  let root: PickleValue
  let objects: PickleObjects
  let storages: any StorageSource
}

/// Where the elements of storages are.
protocol StorageSource {
  /// All elements of a storage, not copied where the file has them as they are.
  func elements(of storage: StorageDescription) throws(FileError) -> Data
}

extension PyTorchContents {
  /// Names under which training scripts keep the state dict among other things.
  private static let wrappers = ["state_dict", "model", "module", "net"]
  /// What PyTorch's DataParallel puts before every name.
  private static let parallelPrefix = "module."

  /// The named tensors: those of a state dict one level down where there is one, otherwise those at the top.
  func namedTensors(_ path: String) throws(FileError) -> [(name: String, tensor: StridedTensor)] {
    guard case .dictionary = root else {
      throw .invalid(
        path, "holds \(root.kind) where a state dict was expected; save torch.save(model.state_dict(), ...)")
    }
    let nested = Self.wrappers.lazy.compactMap { objects.value($0, in: root) }.map { objects.tensors(in: $0) }
    let tensors = nested.first { !$0.isEmpty } ?? objects.tensors(in: root)
    guard !tensors.isEmpty else {
      throw .invalid(
        path,
        "holds a dictionary without tensors, also under \(Self.wrappers.joined(separator: ", ")); "
          + "a state dict was expected: torch.save(model.state_dict(), ...)")
    }
    guard tensors.allSatisfy({ $0.name.hasPrefix(Self.parallelPrefix) }) else { return tensors }
    return tensors.map { (String($0.name.dropFirst(Self.parallelPrefix.count)), $0.tensor) }
  }
}
