import Tensors

/// The deterministic weights that the golden values were computed with, from integer arithmetic alone.
///
/// Names are sorted; element i of tensor j is a hash of both, scaled by what the name says the tensor is
/// (Tests/Goldens/README.md states the rule).
package enum GoldenWeights {
  /// Fills tensors in place.
  package static func fill(_ tensors: [(name: String, tensor: Tensor)]) throws {
    try withoutGradient {
      for (j, entry) in tensors.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }).enumerated() {
        let values = values(entry.name, entry.tensor.shape, j)
        try entry.tensor.copy(from: Tensor(values, entry.tensor.shape))
      }
    }
  }

  private static func values(_ name: String, _ shape: [Int], _ j: Int) -> [Double] {
    let count = shape.reduce(1, *)
    if name.hasSuffix("num_batches_tracked") { return [Double](repeating: 0, count: count) }
    let (scale, offset) = spread(name, shape)
    return (0..<count).map { i in
      var v = (UInt64(i) &* 1_664_525 &+ UInt64(j) &* 1_013_904_223 &+ 12345) & 0xffff_ffff
      v ^= v >> 15
      v = (v &* 1_274_126_177) & 0xffff_ffff
      v ^= v >> 13
      // The published program keeps its weights in float32.
      return Double(Float(offset + scale * (Double(v) / 4_294_967_296 - 0.5)))
    }
  }

  private static func spread(_ name: String, _ shape: [Int]) -> (scale: Double, offset: Double) {
    if name.hasSuffix("running_mean") { return (0.1, 0) }
    if name.hasSuffix("running_var") { return (0.2, 1) }
    if shape.count == 1 { return name.hasSuffix(".weight") ? (0.2, 1) : (0.1, 0) }
    let fanIn = shape.dropFirst().reduce(1, *)
    let scale = (12 / Double(fanIn)).squareRoot()
    if name == "seg_head.4.weight" { return (scale * 24, 0) }
    if name == "embed_proj.conv.weight" { return (scale * 0.25, 0) }
    return (scale, 0)
  }
}
