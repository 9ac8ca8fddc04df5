import Foundation
import Layers
import Processes
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite struct ProcessGroupTests {
  @Test("a sum is over all processes, and the same in each")
  func sums() throws {
    let results = try Ranks.run(3) { group in try group.sums([Double(group.rank + 1), 0.5]) }
    #expect(results == [[6, 1.5], [6, 1.5], [6, 1.5]])
  }

  @Test("what process 0 broadcasts arrives in all, whatever its type and memory format")
  func broadcast() throws {
    let results = try Ranks.run(2) { group in
      let start = try Tensor((0..<24).map { Float($0) * (group.rank == 0 ? 1 : -7) }, [2, 3, 2, 2])
      let image = try start.contiguous(.channelsLast)
      let count = try Tensor([Int64(group.rank)], [])
      try group.broadcast(image)
      try group.broadcast(count)
      return (try image.floats(), try count.int64s(), try group.broadcast { "from \(group.rank)" })
    }
    for (image, count, text) in results {
      #expect(image == (0..<24).map(Float.init))
      #expect(count == [0])
      #expect(text == "from 0")
    }
  }

  /// Values and gradients of batch normalisation of images `range` of a batch of four.
  private struct Normalized: Sendable {
    var output: [Double] = []
    var inputGradient: [Double] = []
    var weightGradient: [Double] = []
    var mean: [Double] = []
    var variance: [Double] = []

    init(_ range: Range<Int>, _ mode: Mode) throws {
      let store = try ParameterStore(type: .float64)
      let norm = try BatchNorm2d(store.root, 3)
      try withoutGradient { try store["weight"]?.copy(from: Tensor([0.5, 1, 2] as [Double], [3])) }
      let values = (0..<120).map { (index: Int) -> Double in sin(Double(index * index)) + Double(index % 7) }
      let all = try Tensor(values, [4, 3, 2, 5])
      let x = try all.sliced(0, range.lowerBound, range.upperBound).contiguous().requiringGradient()
      let y = try norm(x, mode)
      try (y * y * y).sum().backward()
      output = try y.doubles()
      inputGradient = try #require(x.gradient).doubles()
      weightGradient = try #require(store["weight"]?.gradient).doubles()
      mean = try #require(store["running_mean"]).doubles()
      variance = try #require(store["running_var"]).doubles()
    }
  }

  private func expectClose(_ found: [Double], _ expected: [Double], _ tolerance: Double) {
    let closeness = Closeness(found, expected)
    #expect(closeness.relative.isWithin(tolerance), "\(closeness)")
  }

  @Test("batch normalisation of two halves in two processes is that of the whole batch")
  func batchNormalization() throws {
    let whole = try Normalized(0..<4, .training)
    let halves = try Ranks.run(2) { group in
      try Normalized(2 * group.rank..<2 * group.rank + 2, .training(across: group))
    }
    let tolerance = 1e-13
    expectClose(halves[0].output + halves[1].output, whole.output, tolerance)
    expectClose(halves[0].inputGradient + halves[1].inputGradient, whole.inputGradient, 1e-11)
    let summed = zip(halves[0].weightGradient, halves[1].weightGradient).map { $0 + $1 }
    expectClose(summed, whole.weightGradient, 1e-12)
    for half in halves {
      expectClose(half.mean, whole.mean, tolerance)
      expectClose(half.variance, whole.variance, tolerance)
    }
  }

  @Test("channels dropped in two halves are those dropped in the whole batch")
  func dropout() throws {
    let dropout = ChannelDropout(0.3)
    @Sendable func dropped(_ images: Int, _ mode: Mode) throws -> [Float] {
      try dropout(Tensor.filled(1, [images, 8, 1, 1]), mode).floats()
    }
    let whole = try dropped(4, .training(drawingFrom: Generator(seed: 5)))
    let halves = try Ranks.run(2) { group in
      try dropped(2, .training(across: group, drawingFrom: Generator(seed: 5)))
    }
    #expect(halves[0] + halves[1] == whole)
    #expect(Set(whole) == [0, 1 / 0.7])
  }

  @Test("gradients are averaged, and a parameter that no process uses keeps none")
  func reducer() throws {
    let results = try Ranks.run(2) { group in
      let used = try Tensor([1, 2] as [Double], [2]).requiringGradient()
      let unused = try Tensor([1, 2] as [Double], [2]).requiringGradient()
      let reducer = GradientReducer([used, unused], group)
      // The first pass and those after it go different ways.
      let gradients = try (1...3).map { pass in
        used.clearGradient()
        try reducer.backward(from: (used * Double(pass * (group.rank + 1))).sum())
        return try #require(used.gradient).doubles()
      }
      return (gradients, unused.gradient == nil)
    }
    for (gradients, hasNone) in results {
      #expect(gradients == [[1.5, 1.5], [3, 3], [4.5, 4.5]])
      #expect(hasNone)
    }
  }
}
