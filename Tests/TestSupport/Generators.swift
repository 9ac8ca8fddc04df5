/// Random numbers for tests, the same on every machine (Marsaglia's xorshift).
public struct Xorshift: RandomNumberGenerator {
  private var state: UInt64

  public init(state: UInt64 = 88_172_645_463_325_252) { self.state = state }

  public mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

/// Whole numbers drawn for tests from a seed, the same on every machine.
public struct SmallGenerator {
  private var stream: Xorshift

  public init(_ seed: Int) { stream = Xorshift(state: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1) }

  /// A number from 0 to `bound` - 1.
  public mutating func below(_ bound: Int) -> Int { Int(stream.next() % UInt64(bound)) }
}
