import Checkpoints
import Foundation
import Layers
import Tensors
import TestNetworks
import TestSupport
import Testing
import Training

@Suite("AdamW")
struct AdamWTests {
  /// Relative, in float64.
  static let tolerance = 1e-12

  /// The update as Loshchilov and Hutter write it, on plain numbers.
  private struct Reference {
    var value: [Double]
    var first: [Double]
    var second: [Double]
    var count = 0.0

    init(_ value: [Double]) {
      self.value = value
      first = value.map { _ in 0 }
      second = first
    }

    mutating func step(_ gradient: [Double], rate: Double, _ settings: AdamW.Settings) {
      count += 1
      for i in value.indices {
        first[i] = settings.betas.mean * first[i] + (1 - settings.betas.mean) * gradient[i]
        second[i] = settings.betas.square * second[i] + (1 - settings.betas.square) * gradient[i] * gradient[i]
        let mean = first[i] / (1 - pow(settings.betas.mean, count))
        let deviation = (second[i] / (1 - pow(settings.betas.square, count))).squareRoot()
        value[i] -= rate * (mean / (deviation + settings.epsilon) + settings.weightDecay * value[i])
      }
    }
  }

  /// Two parameters that learn and one that never gets a gradient.
  private func store() throws -> ParameterStore {
    let store = try ParameterStore(type: .float64, seed: 3)
    _ = try store.root.parameter("a", [3, 2], .uniform(fanIn: 1))
    _ = try store.root.parameter("idle", [2], .constant(5))
    _ = try store.root.parameter("b", [4], .uniform(fanIn: 1))
    return store
  }

  /// Gives a parameter this gradient.
  private func set(_ gradient: [Double], of parameter: Tensor) throws {
    try (parameter * Tensor(gradient, parameter.shape)).sum().backward()
  }

  private func gradient(_ count: Int, step: Int) -> [Double] {
    (0..<count).map { sin(Double(7 * step + 3 * $0 + 1)) * pow(10, Double($0 % 3) - 1) }
  }

  @Test("a group learns at its own rate, by the longest prefix that fits, and others as before") func rates() throws {
    var grouped = AdamW.Settings()
    grouped.rateFactors = ["a": 0.25, "b.c": 7]
    let (plain, slow) = (try store(), try store())
    for (store, settings, rate) in [(plain, AdamW.Settings(), 0.025), (slow, grouped, 0.1)] {
      let optimizer = try AdamW(store.parameters, settings)
      for name in ["a", "b"] { try set(gradient(name == "a" ? 6 : 4, step: 1), of: #require(store[name])) }
      try optimizer.step(learningRate: rate)
    }
    let fast = try store()
    let optimizer = try AdamW(fast.parameters)
    try set(gradient(4, step: 1), of: #require(fast["b"]))
    try optimizer.step(learningRate: 0.1)
    #expect(try slow["a"]?.doubles() == plain["a"]?.doubles())
    #expect(try slow["b"]?.doubles() == fast["b"]?.doubles())
    #expect(grouped.rateFactor(of: "b.c.weight") == 7 && grouped.rateFactor(of: "b.cd") == 1)
  }

  @Test("weight decay can leave out parameters of one dimension") func undecayed() throws {
    var settings = AdamW.Settings()
    settings.weightDecay = 0.5
    settings.decaysNormsAndBiases = false
    let (partly, wholly, never) = (try store(), try store(), try store())
    var without = settings
    without.weightDecay = 0
    var with = settings
    with.decaysNormsAndBiases = true
    for (store, settings) in [(partly, settings), (wholly, with), (never, without)] {
      let optimizer = try AdamW(store.parameters, settings)
      for name in ["a", "b"] { try set(gradient(name == "a" ? 6 : 4, step: 1), of: #require(store[name])) }
      try optimizer.step(learningRate: 0.1)
    }
    #expect(try partly["a"]?.doubles() == wholly["a"]?.doubles())
    #expect(try partly["b"]?.doubles() == never["b"]?.doubles())
    #expect(try never["b"]?.doubles() != wholly["b"]?.doubles())
  }

  @Test("moves parameters as the published formula does", arguments: [0, 0.01, 0.5])
  func formula(weightDecay: Double) throws {
    var settings = AdamW.Settings()
    settings.weightDecay = weightDecay
    let store = try store()
    let optimizer = try AdamW(store.parameters, settings)
    let names = ["a", "b"]
    let tensors = try names.map { try #require(store[$0]) }
    var references = try tensors.map { Reference(try $0.doubles()) }
    for step in 0..<6 {
      let rate = 0.1 / Double(step + 1)
      optimizer.clearGradients()
      for (index, tensor) in tensors.enumerated() {
        let gradient = gradient(tensor.elementCount, step: step)
        try set(gradient, of: tensor)
        references[index].step(gradient, rate: rate, settings)
      }
      try optimizer.step(learningRate: rate)
    }
    for (index, tensor) in tensors.enumerated() {
      let closeness = try Closeness(tensor, references[index].value)
      #expect(closeness.relative.isWithin(Self.tolerance), "\(names[index]): \(closeness)")
    }
  }

  @Test("leaves a parameter without gradient alone, weight decay included")
  func idle() throws {
    let store = try store()
    let optimizer = try AdamW(store.parameters)
    let (a, idle) = (try #require(store["a"]), try #require(store["idle"]))
    try set(gradient(6, step: 0), of: a)
    try optimizer.step(learningRate: 0.1)
    #expect(try idle.doubles() == [5, 5])
    #expect(optimizer.gradients.count == 1)
    var state = StateDict()
    try optimizer.save(to: &state)
    #expect(state.names.sorted() == ["optimizer.exp_avg.a", "optimizer.exp_avg_sq.a", "optimizer.step"])
  }

  @Test("weight decay alone shrinks a parameter by rate times decay")
  func decay() throws {
    let store = try store()
    let optimizer = try AdamW(store.parameters)
    let a = try #require(store["a"])
    let before = try a.doubles()
    try set([Double](repeating: 0, count: 6), of: a)
    try optimizer.step(learningRate: 0.25)
    let closeness = try Closeness(a, before.map { $0 * (1 - 0.25 * 0.01) })
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("clearing drops all gradients")
  func clearing() throws {
    let store = try store()
    let optimizer = try AdamW(store.parameters)
    try set(gradient(6, step: 0), of: try #require(store["a"]))
    #expect(optimizer.gradients.count == 1)
    optimizer.clearGradients()
    #expect(optimizer.gradients.isEmpty)
  }

  @Test("an optimiser restored from its state goes on bit for bit")
  func restoring() throws {
    func run(_ optimizer: AdamW, _ store: ParameterStore, _ steps: Range<Int>) throws {
      for step in steps {
        optimizer.clearGradients()
        for name in ["a", "b"] {
          let tensor = try #require(store[name])
          try set(gradient(tensor.elementCount, step: step), of: tensor)
        }
        try optimizer.step(learningRate: 0.05)
      }
    }
    let (whole, broken) = (try store(), try store())
    try run(AdamW(whole.parameters), whole, 0..<5)

    let before = try AdamW(broken.parameters)
    try run(before, broken, 0..<2)
    var state = StateDict()
    try before.save(to: &state)
    let after = try AdamW(broken.parameters)
    try after.restore(from: state)
    try run(after, broken, 2..<5)
    for entry in whole.parameters {
      #expect(try entry.tensor.bytes() == broken[entry.name]?.bytes(), "\(entry.name)")
    }
  }

  @Test("a parameter whose gradients come late has averages of its own age, which checkpoints keep") func late() throws
  {
    let settings = AdamW.Settings()
    let store = try store()
    let b = try #require(store["b"])
    var (early, late) = (Reference(try #require(store["a"]).doubles()), Reference(try b.doubles()))
    var optimizer = try AdamW(store.parameters, settings)
    for step in 0..<6 {
      optimizer.clearGradients()
      try set(gradient(6, step: step), of: #require(store["a"]))
      early.step(gradient(6, step: step), rate: 0.1, settings)
      if step >= 3 {
        try set(gradient(4, step: step), of: b)
        late.step(gradient(4, step: step), rate: 0.1, settings)
      }
      try optimizer.step(learningRate: 0.1)
      var state = StateDict()
      try optimizer.save(to: &state)
      optimizer = try AdamW(store.parameters, settings)
      try optimizer.restore(from: state)
      #expect(try optimizer.updateCount() == step + 1)
    }
    #expect(try Closeness(#require(store["a"]).doubles(), early.value).relative.isWithin(Self.tolerance))
    #expect(try Closeness(b.doubles(), late.value).relative.isWithin(Self.tolerance))
  }

  @Test("a state of another shape, or none, is refused in words")
  func refusing() throws {
    let optimizer = try AdamW(try store().parameters)
    let empty = #expect(throws: CheckpointMismatch.self) { try optimizer.restore(from: StateDict()) }
    #expect(empty?.description == "the checkpoint holds no optimiser state")
    var state = StateDict()
    state["optimizer.step"] = try Tensor.zeros([])
    state["optimizer.exp_avg.b"] = try Tensor.zeros([5])
    state["optimizer.exp_avg_sq.b"] = try Tensor.zeros([5])
    let misshapen = #expect(throws: CheckpointMismatch.self) { try optimizer.restore(from: state) }
    #expect(misshapen?.description == "the checkpoint holds optimiser state of another shape for b")
  }
}
