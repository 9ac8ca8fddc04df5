import Layers
import Tensors

// What networks do with their tensors alike.

extension ParameterScope {
  /// The weights of the scribble loss per class, the last one for "unlabelled": a buffer `[C + 1]` by its published name.
  func scribbleClassWeight(_ classCount: Int, _ unlabelledWeight: Double) throws(TorchError) -> Tensor {
    let weight = try (self / "CELoss").buffer("weight", [classCount + 1], .constant(1))
    try withoutGradient { () throws(TorchError) in
      try weight.sliced(0, classCount, classCount + 1).fill(unlabelledWeight)
    }
    return weight
  }
}

extension ParameterStore {
  /// Copies all tensors from those of the same network in another store.
  func copy(from other: ParameterStore) throws(TorchError) {
    try withoutGradient { () throws(TorchError) in
      for (own, source) in zip(entries, other.entries) { try own.tensor.copy(from: source.tensor) }
    }
  }

  /// Loads the backbone alone from tensors whose names have no prefix, strictly: but for those whose names begin as one of
  /// `dropped`, which the backbone does not have, and those that the tensors may lack, which begin as one of `optional` or are
  /// numbers of batches.
  func loadBackbone(
    _ tensors: [(name: String, tensor: Tensor)], dropped: [String], optional: [String] = []
  ) throws {
    let prefix = "\(BLPSeg.backboneScope)."
    func begins(_ name: some StringProtocol, as beginnings: [String]) -> Bool {
      beginnings.contains { name.hasPrefix($0) }
    }
    try load(
      tensors.filter { !begins($0.name, as: dropped) }.map { (prefix + $0.name, $0.tensor) },
      isOptional: { name in
        guard name.hasPrefix(prefix) else { return true }
        return isBatchCount(name) || begins(name.dropFirst(prefix.count), as: optional)
      })
  }
}

/// Whether a tensor is batch normalisation's number of batches, which changes nothing.
func isBatchCount(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") }
