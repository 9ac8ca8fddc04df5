import Layers
import Tensors
import TestSupport
import Testing

@Suite("Parameters under their names")
struct ParameterStoreTests {
  @Test("scopes join names with points, numbers written out, in the order of creation")
  func names() throws {
    let store = try ParameterStore()
    let scope = store.root / "layer1" / 0
    let weight = try (scope / "conv1").parameter("weight", [2, 3], .constant(1))
    let mean = try scope.buffer("mean", [2], .constant(0))
    let top = try store.root.parameter("alone", [], .constant(4))
    #expect(store.entries.map(\.name) == ["layer1.0.conv1.weight", "layer1.0.mean", "alone"])
    #expect(store.entries.map(\.kind) == [.parameter, .buffer, .parameter])
    #expect(store.parameters.map(\.name) == ["layer1.0.conv1.weight", "alone"])
    #expect(store["layer1.0.conv1.weight"] === weight)
    #expect(store["layer1.0.conv1"] == nil)
    #expect(weight.requiresGradient && top.requiresGradient && !mean.requiresGradient)
  }

  @Test("equal last names in different scopes are different tensors")
  func sameNames() throws {
    let store = try ParameterStore()
    let first = try (store.root / "a" / 1).parameter("weight", [1], .constant(1))
    let second = try (store.root / "a" / 11).parameter("weight", [1], .constant(2))
    #expect(store["a.1.weight"] === first)
    #expect(store["a.11.weight"] === second)
    #expect(try second.item() == 2)
  }

  @Test("parameters have the store's element type, counts their own")
  func types() throws {
    let store = try ParameterStore(type: .float64)
    #expect(try store.root.parameter("a", [1], .uniform(fanIn: 4)).type == .float64)
    #expect(try store.root.parameter("b", [1, 1, 1, 1], .kaimingNormalFanOut).type == .float64)
    #expect(try store.root.buffer("c", [], .constant(0), .int64).type == .int64)
  }

  @Test("a seed decides the start, whatever the element type")
  func seeds() throws {
    func start(_ seed: UInt64, _ type: ElementType) throws -> [Float] {
      let root = try ParameterStore(type: type, seed: seed).root
      return try root.parameter("a", [4, 3, 3, 3], .kaimingNormalFanOut).floats()
        + root.parameter("b", [7], .uniform(fanIn: 9)).floats()
    }
    #expect(try start(1, .float32) == start(1, .float64))
    #expect(try start(1, .float32) != start(2, .float32))
  }

  @Test("Kaiming's start has mean 0 and variance 2 / fan-out")
  func kaiming() throws {
    let shape = [64, 32, 3, 3]
    let values = try ParameterStore(seed: 5).root.parameter("a", shape, .kaimingNormalFanOut).doubles()
    let count = Double(values.count)
    let expected = 2.0 / (64 * 9)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    // Four standard errors of mean and variance.
    #expect(abs(mean) <= 4 * (expected / count).squareRoot())
    #expect(abs(variance / expected - 1) <= 4 * (2 / count).squareRoot())
    // Normal, not uniform: some numbers lie beyond three standard deviations.
    #expect(values.contains { abs($0) > 3 * expected.squareRoot() })
  }

  @Test("the uniform start fills ±1 / sqrt(fan-in)")
  func uniform() throws {
    let values = try ParameterStore(seed: 5).root.parameter("a", [10_000], .uniform(fanIn: 16)).doubles()
    #expect(values.allSatisfy { abs($0) <= 0.25 })
    #expect(values.contains { $0 > 0.249 } && values.contains { $0 < -0.249 })
    let variance = values.reduce(0) { $0 + $1 * $1 } / 10_000
    #expect(abs(variance / (0.0625 / 3) - 1) <= 0.04)
  }

  @Test("a convolution's bias starts within its fan-in, counted within a group")
  func convolution() throws {
    let store = try ParameterStore(seed: 1)
    _ = try Conv2d(store.root, 8, 400, kernel: 3, groups: 4, bias: true)
    let bound = 1 / Double(2 * 9).squareRoot()
    let bias = try #require(store["bias"]).doubles()
    #expect(bias.allSatisfy { abs($0) <= bound } && bias.contains { abs($0) > 0.95 * bound })
  }

  @Test("an empty scope's tensors load from their names alone, and optional ones may be missing")
  func loading() throws {
    let store = try ParameterStore()
    let a = try store.root.parameter("a", [2], .constant(1))
    let b = try store.root.buffer("b", [], .constant(7), .int64)
    let given = try Tensor([3.0, 4], [2])
    try store.load([("a", given), ("extra", given)], isOptional: { $0 == "b" }, isExtra: { $0 == "extra" })
    #expect(try a.floats() == [3, 4])
    #expect(try b.item() == 7)
    #expect(throws: ParameterMismatch.self) { try store.load([("a", given)]) }
  }
}
