/// A vertex of a permutohedral lattice of up to five dimensions, as one number per group of its coordinates.
///
/// The packing is linear, so that a step on the lattice is one addition: the first two coordinates take 32 bits each,
/// the next three 21. The last coordinate of d + 1 is left out, since all of them sum to zero.
struct LatticePoint: Equatable {
  var first: Int64
  var second: Int64

  /// The point whose coordinate `axis` is 1 and whose other stored ones are 0.
  static func unit(_ axis: Int) -> LatticePoint {
    axis < 2 ? LatticePoint(first: 1 << (32 * axis), second: 0) : LatticePoint(first: 0, second: 1 << (21 * (axis - 2)))
  }

  static func + (a: LatticePoint, b: LatticePoint) -> LatticePoint {
    LatticePoint(first: a.first &+ b.first, second: a.second &+ b.second)
  }

  static func * (a: LatticePoint, factor: Int64) -> LatticePoint {
    LatticePoint(first: a.first &* factor, second: a.second &* factor)
  }

  /// A number whose upper bits are well mixed (multiplicative hashing, Knuth, TAOCP 6.4).
  var hash: UInt64 {
    let mixed = UInt64(bitPattern: first) ^ (UInt64(bitPattern: second) &* 0x9E37_79B9_7F4A_7C15)
    return (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
  }
}
