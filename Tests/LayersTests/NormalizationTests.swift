import Layers
import Tensors
import TestSupport
import Testing

@Suite("Normalisations")
struct NormalizationTests {
  static let tolerance = 1e-12

  @Test("batch normalisation in training normalises by the batch, and keeps running statistics")
  func training() throws {
    let store = try ParameterStore(type: .float64)
    let norm = try BatchNorm2d(store.root / "bn", 1, momentum: 0.25, epsilon: 0.5)
    try withoutGradient {
      try store["bn.weight"]?.fill(2)
      try store["bn.bias"]?.fill(1)
    }
    // Mean 4; variance 5 over the four numbers, 20 / 3 without bias.
    let x = try Tensor([1.0, 3, 5, 7], [2, 1, 1, 2])
    let found = try norm(x, .training).doubles()
    let deviation = 5.5.squareRoot()
    let closeness = Closeness(found, [-3.0, -1, 1, 3].map { 2 * $0 / deviation + 1 })
    #expect(closeness.worst.isWithin(Self.tolerance), "\(closeness)")
    #expect(abs(try #require(store["bn.running_mean"]).item() - 0.25 * 4).isWithin(Self.tolerance))
    #expect(abs(try #require(store["bn.running_var"]).item() - (0.75 + 0.25 * 20 / 3)).isWithin(Self.tolerance))
    #expect(try store["bn.num_batches_tracked"]?.int64s() == [1])
    _ = try norm(x, .training)
    #expect(abs(try #require(store["bn.running_mean"]).item() - (0.75 + 1)).isWithin(Self.tolerance))
    #expect(try store["bn.num_batches_tracked"]?.int64s() == [2])
  }

  @Test("a single value per channel is refused in training, where its variance would be NaN, and fine in evaluation")
  func singleValue() throws {
    let store = try ParameterStore()
    let norm = try BatchNorm2d(store.root, 2)
    let x = try Tensor([1, 2] as [Float], [1, 2, 1, 1])
    let error = #expect(throws: TorchError.self) { try norm(x, .training) }
    #expect(error?.message.contains("at least 2 images") == true)
    #expect(try store["running_var"]?.floats() == [1, 1])
    #expect(try store["num_batches_tracked"]?.item() == 0)
    #expect(try norm(x, .evaluation).isAllFinite())
  }

  @Test("batch normalisation in evaluation uses the running statistics and changes nothing")
  func evaluation() throws {
    let store = try ParameterStore(type: .float64)
    let norm = try BatchNorm2d(store.root, 2, epsilon: 1)
    try store["running_mean"]?.copy(from: Tensor([1.0, -1], [2]))
    try store["running_var"]?.copy(from: Tensor([3.0, 8], [2]))
    let found = try norm(Tensor([5.0, 5], [1, 2, 1, 1]), .evaluation).doubles()
    #expect(Closeness(found, [4.0 / 2, 6.0 / 3]).worst.isWithin(Self.tolerance))
    #expect(try store["running_mean"]?.doubles() == [1, -1])
    #expect(try store["num_batches_tracked"]?.int64s() == [0])
  }

  @Test("layer normalisation works along the last dimension")
  func layerNorm() throws {
    let store = try ParameterStore(type: .float64)
    let norm = try LayerNorm(store.root, 2, epsilon: 3)
    try withoutGradient { try store["bias"]?.copy(from: Tensor([0.0, 10], [2])) }
    // Means 1 and 5, variances 1 and 0.
    let found = try norm(Tensor([0.0, 2, 5, 5], [2, 2])).doubles()
    #expect(Closeness(found, [-0.5, 10.5, 0, 10]).worst.isWithin(Self.tolerance))
  }
}
