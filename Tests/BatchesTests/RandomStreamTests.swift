import Batches
import Testing

@Suite("Random streams") struct RandomStreamTests {
  @Test(
    "Numbers are those of another implementation (Scripts/goldens/random_stream.py)",
    arguments: [
      (
        UInt64(0), 0, 0,
        [9_953_462_277_406_763_287, 11_263_641_284_436_190_416, 14_084_510_316_566_797_444] as [UInt64]
      ),
      (2023, 7, 41, [9_385_336_821_600_250_719, 6_565_069_855_745_846_148, 1_192_641_945_382_829_836]),
      (.max, 0, -1, [14_336_862_678_441_571_185, 9_611_656_969_123_173_467, 17_783_738_069_289_547_450]),
    ])
  func golden(_ seed: UInt64, _ epoch: Int, _ index: Int, _ expected: [UInt64]) {
    var stream = RandomStream(seed: seed, epoch: epoch, index: index)
    let found = (0..<3).map { _ in stream.next() }
    #expect(found == expected)
  }

  @Test("A permutation is that of another implementation") func goldenPermutation() {
    var stream = RandomStream(seed: 2023, epoch: 1, index: -1)
    let found = stream.permutation(10)
    #expect(found == [7, 1, 4, 2, 8, 5, 6, 3, 9, 0])
  }

  @Test("A uniform number is that of another implementation") func goldenUniform() {
    var stream = RandomStream(seed: 2023, epoch: 7, index: 41)
    let found = stream.uniform()
    #expect(found == 0.5087801285743595)
  }

  @Test("Seed, epoch and index lead to different streams") func different() {
    let keys = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 1, 1), (1, 0, 1)] as [(UInt64, Int, Int)]
    let first = keys.map { key in
      var stream = RandomStream(seed: key.0, epoch: key.1, index: key.2)
      return stream.next()
    }
    #expect(Set(first).count == keys.count)
  }

  @Test("Whole numbers below a bound are equally likely") func integers() {
    var stream = RandomStream(seed: 5, epoch: 0, index: 0)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.integer(below: 7)] += 1 }
    // Six standard deviations of a binomial count.
    let tolerance = 6 * (70_000.0 * 1 / 7 * 6 / 7).squareRoot()
    let worst = counts.map { abs(Double($0) - 10_000) }.max() ?? .infinity
    #expect(worst < tolerance, "off by \(worst)")
  }

  @Test("Uniform numbers stay in their range and fill it") func uniforms() {
    var stream = RandomStream(seed: 6, epoch: 0, index: 0)
    let numbers = (0..<10_000).map { _ in stream.uniform(in: 0.75...1.25) }
    #expect(numbers.allSatisfy { 0.75...1.25 ~= $0 })
    #expect((numbers.min() ?? 1) < 0.751 && (numbers.max() ?? 1) > 1.249)
    let only = stream.uniform(in: 1...1)
    #expect(only == 1)
  }

  @Test("Chances of 0 and 1 are certain") func certain() {
    var stream = RandomStream(seed: 7, epoch: 0, index: 0)
    let never = (0..<100).map { _ in stream.chance(0) }
    let always = (0..<100).map { _ in stream.chance(1) }
    #expect(!never.contains(true) && !always.contains(false))
  }

  @Test("Permutations of nothing and of one are trivial") func smallPermutations() {
    var stream = RandomStream(seed: 8, epoch: 0, index: 0)
    let (none, one) = (stream.permutation(0), stream.permutation(1))
    #expect(none.isEmpty && one == [0])
  }
}
