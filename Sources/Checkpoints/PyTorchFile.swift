import Files
import Foundation
import Tensors

/// Weights that PyTorch's `torch.save` wrote.
///
/// The pickle inside is read, never executed. Both of PyTorch's formats, the zip archive and the older plain one, are
/// read, and a zip archive that holds one such file.
public enum PyTorchFile {
  /// The tensors of the state dict in the file at `path`, on the CPU and row-major, in the file's order.
  ///
  /// The state dict may lie under `state_dict`, `model`, `module` or `net`; what is not a tensor is passed over. A
  /// prefix `module.` of all names is removed. The elements of names for which `isExcluded` holds are never touched.
  /// Throws `FileError` where the file is damaged, or needs a function of Python.
  public static func read(_ path: String, excluding isExcluded: (String) -> Bool = { _ in false }) throws -> StateDict {
    try read(try MappedFile.open(path), path, excluding: isExcluded)
  }

  static func read(_ file: Data, _ path: String, excluding isExcluded: (String) -> Bool) throws -> StateDict {
    let budget = MemoryBudget(path: path, fileLength: file.count)
    let contents: PyTorchContents
    if ZipArchive.isZip(file) {
      contents = try PyTorchZip.read(file, path: path, budget)
    } else if PyTorchLegacy.isPickle(file) {
      contents = try PyTorchLegacy.read(file, path: path)
    } else {
      throw WeightsFile.unknown(file, path)
    }

    var stateDict = StateDict()
    for (name, tensor) in try contents.namedTensors(path) where !isExcluded(name) {
      try budget.take(tensor.byteCount)
      let storage = try contents.storages.elements(of: tensor.storage)
      stateDict[name] = try storage.withUnsafeBytes { bytes in
        try tensor.withRowMajorBytes(of: bytes) { try Tensor(name, $0, tensor.shape, tensor.storage.type, path: path) }
      }
    }
    return stateDict
  }
}
