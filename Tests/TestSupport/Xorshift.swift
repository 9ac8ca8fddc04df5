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
