import TestSupport

/// Whole numbers drawn for tests from a seed, the same on every machine.
struct SmallGenerator {
  private var stream: Xorshift

  init(_ seed: Int) { stream = Xorshift(state: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1) }

  /// A number from 0 to `bound` - 1.
  mutating func below(_ bound: Int) -> Int { Int(stream.next() % UInt64(bound)) }
}
