import Layers
import Tensors

extension BLPSeg {
  /// The name of a table that published checkpoints hold beside the network's tensors.
  ///
  /// It holds the weight of every pair of positions of a 96 x 96 grid, 340 MB; local aggregation here does without.
  public static let distanceTable = "distance_prob"

  /// Whether published checkpoints hold a tensor of this name that is not the network's.
  public static func isDropped(_ name: String) -> Bool {
    name == distanceTable || name.hasPrefix("\(backboneScope).fc.")
  }

  /// Loads a whole state dict, strictly but for the names that `isDropped` and counts of batches, which old files lack.
  public func load(_ tensors: [(name: String, tensor: Tensor)]) throws {
    try store.load(tensors, isOptional: { $0.hasSuffix("num_batches_tracked") }, isExtra: Self.isDropped)
  }

  /// Loads ImageNet weights of the backbone alone, whose names have no prefix, strictly but for those of its classifier,
  /// which are dropped, counts of batches, and the normalisation that nothing uses.
  public func loadBackbone(_ tensors: [(name: String, tensor: Tensor)]) throws {
    let prefix = "\(Self.backboneScope)."
    let classifier = configuration.backbone.classifier.map { prefix + $0 }
    try store.load(
      tensors.map { (prefix + $0.name, $0.tensor) },
      isOptional: { name in
        !name.hasPrefix(prefix) || name.hasSuffix("num_batches_tracked") || name.hasPrefix("\(prefix)layernorm.")
      },
      isExtra: { name in classifier.contains { name.hasPrefix($0) } })
  }
}

extension BackboneKind {
  /// Beginnings of the names, in published ImageNet weights, of what turns the last feature into classes.
  fileprivate var classifier: [String] {
    switch self {
    case .resnet18, .resnet34, .resnet50, .resnet101: ["fc."]
    case .efficientNetLite0: ["_conv_head.", "_bn1.", "_fc."]
    }
  }
}
