import Networks
import Tensors

/// What roundings do to a result: how far it moves where the numbers that it comes from are off by one rounding each.
///
/// A tolerance is this effect, measured by the test itself, times how many independent roundings there are of each kind; then
/// it holds for every order of sums, whatever the instructions, and still finds what is no rounding.
public enum Roundings {
  /// Half a unit in the last place, relative, at most.
  public static let float32 = 0x1p-24
  /// About the root mean square of roundings to 8 and to 11 bits; the largest are half a unit in the last place, twice this.
  public static let bfloat16 = 0x1p-9
  public static let float16 = 0x1p-12

  /// How far a result may lie from another one that rounds elsewhere, in effects: a layer rounds its weights, its inputs, its
  /// sums and its outputs, both results do so, and the largest of a few seeds is half of what others reach.
  public static let multiple = 8.0

  /// The numbers with every one off by `unit`, relative, up or down.
  public static func moved(_ tensor: Tensor, by unit: Double, seed: Int) throws -> Tensor {
    let ups = try Tensor.bernoulli(0.5, tensor.shape, .float64, Generator(seed: UInt64(seed)))
    return try tensor.detached().to(.float64) * (ups * (2 * unit) + (1 - unit))
  }

  /// The largest of `difference` over some seeds.
  public static func effect(seeds: Int = 3, _ difference: (_ seed: Int) throws -> Double) rethrows -> Double {
    try (1...seeds).map(difference).max() ?? 0
  }
}

extension BLPSeg {
  /// A copy with every parameter off by `unit`, relative, up or down.
  public func moved(by unit: Double, seed: Int) throws -> BLPSeg {
    let copy = try copy()
    try withoutGradient {
      for (index, entry) in copy.store.parameters.enumerated() {
        try entry.tensor.copy(from: Roundings.moved(entry.tensor, by: unit, seed: 1000 * seed + index))
      }
    }
    return copy
  }
}
