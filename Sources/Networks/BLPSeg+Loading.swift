import Layers
import Tensors

extension BLPSeg {
  /// Names that published checkpoints hold beside the network's.
  ///
  /// `distance_prob` is a table of distances, 340 MB, which local aggregation here does without.
  public static func isDropped(_ name: String) -> Bool {
    name == "distance_prob" || name.hasPrefix("\(backboneScope).fc.")
  }

  /// Loads a whole state dict, strictly but for the names that `isDropped` and counts of batches, which old files lack.
  public func load(_ tensors: [(name: String, tensor: Tensor)]) throws {
    try store.load(tensors, isOptional: { $0.hasSuffix("num_batches_tracked") }, isExtra: Self.isDropped)
  }

  /// Loads ImageNet weights of the backbone alone, whose names have no prefix; names of a classifier are dropped.
  public func loadBackbone(_ tensors: [(name: String, tensor: Tensor)]) throws {
    let prefix = "\(Self.backboneScope)."
    try store.load(
      tensors.map { (prefix + $0.name, $0.tensor) },
      isOptional: { name in
        !name.hasPrefix(prefix) || name.hasSuffix("num_batches_tracked") || name.hasPrefix("\(prefix)layernorm.")
      },
      isExtra: { store[$0] == nil })
  }
}
