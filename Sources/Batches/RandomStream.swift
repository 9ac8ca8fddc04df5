/// Random numbers that depend on three integers alone, the same on every machine and with every compiler.
///
/// The generator is xoshiro256** (Blackman and Vigna, 2018). Its state is four outputs of SplitMix64, which starts from
/// m(m(m(seed) + epoch) + index), where m is the first output of a SplitMix64 generator in that state; sums wrap
/// around. Numbers are drawn by the methods below, because the algorithms behind `Double.random(in:using:)` and
/// `shuffled(using:)` are not part of their promise.
public struct RandomStream: RandomNumberGenerator, Sendable, Equatable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  public init(seed: UInt64, epoch: Int, index: Int) {
    var mixed = RandomStream.splitMix(seed).output
    mixed = RandomStream.splitMix(mixed &+ UInt64(bitPattern: Int64(epoch))).output
    mixed = RandomStream.splitMix(mixed &+ UInt64(bitPattern: Int64(index))).output
    let first = RandomStream.splitMix(mixed)
    let second = RandomStream.splitMix(first.state)
    let third = RandomStream.splitMix(second.state)
    let fourth = RandomStream.splitMix(third.state)
    state = (first.output, second.output, third.output, fourth.output)
  }

  public static func == (a: RandomStream, b: RandomStream) -> Bool { a.state == b.state }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    let result = RandomStream.rotated(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = RandomStream.rotated(state.3, 45)
    return result
  }

  /// A number from 0 up to, not including, 1, made of the upper 53 bits of one output.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number within `range`.
  public mutating func uniform(in range: ClosedRange<Double>) -> Double {
    min(range.lowerBound + (range.upperBound - range.lowerBound) * uniform(), range.upperBound)
  }

  /// True with probability `p`.
  public mutating func chance(_ p: Double) -> Bool { uniform() < p }

  /// A whole number from 0 up to, not including, `bound`, all equally likely (Lemire, 2019).
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "there is no whole number from 0 up to 0")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let unfair = (0 &- bound) % bound
      while product.low < unfair { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// The numbers 0..<count in random order (Fisher and Yates, from the last position to the first).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, integer(below: last + 1)) }
    return order
  }

  private static func splitMix(_ state: UInt64) -> (state: UInt64, output: UInt64) {
    let next = state &+ 0x9E37_79B9_7F4A_7C15
    var z = next
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return (next, z ^ (z >> 31))
  }

  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { (value << count) | (value >> (64 - count)) }
}
