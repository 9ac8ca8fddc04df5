import Foundation
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("Local aggregation")
struct LocalAggregationTests {
  /// Implementations of one formula.
  enum Implementation: CaseIterable {
    case kernel, attention, chunks, table

    func callAsFunction(_ feature: Tensor, _ value: Tensor, sigma: Double) throws -> Tensor {
      switch self {
      case .kernel: try feature.locallyAggregated(value, sigma: sigma, by: .kernel)
      case .attention: try feature.locallyAggregated(value, sigma: sigma, by: .attention)
      case .chunks: try feature.locallyAggregated(value, sigma: sigma, by: .chunks)
      case .table: try feature.locallyAggregatedByTable(value, sigma: sigma)
      }
    }
  }

  private func golden(_ name: String) throws -> (values: [Float], shape: [Int]) {
    let entry = try SafetensorsFixture(Fixture.golden("golden.safetensors"))("lam_hard.\(name)")
    return (try entry.floats, entry.shape)
  }

  private func tensor(_ name: String, _ type: ElementType) throws -> Tensor {
    let (values, shape) = try golden(name)
    return try Tensor(values, shape).to(type)
  }

  @Test(
    "agrees with the published program where the 1e-7 term matters, with gradients",
    arguments: [ElementType.float32, .float64], Implementation.allCases)
  func hardCase(type: ElementType, implementation: Implementation) throws {
    let found = try hardCase(type) { try implementation($0, $1, sigma: 6) }
    // The published numbers are float32's. Scores of some hundred are rounded as such, and their exponentials are off by as
    // many hundred roundings.
    func rounded(_ seed: Int?) throws -> [Tensor] {
      try hardCase(.float64) { try dense($0, $1, sigma: 6, roundingDistances: true, roundingScores: seed) }
    }
    let exact = try rounded(nil)
    let others = try (1...3).map(rounded)
    for (index, name) in ["out", "grad_feature", "grad_value"].enumerated() {
      let effect = try #require(others.map { try Closeness($0[index], exact[index]).relative }.max())
      let closeness = try Closeness(found[index], try golden(name).values)
      #expect(closeness.relative.isWithin(Roundings.multiple * effect), "\(name): \(closeness), \(effect)")
      #expect(Roundings.multiple * effect < 1e-3, "\(name): a bound that allows everything shows nothing")
    }
  }

  /// The result, and the gradients of feature and value for a cotangent `scale` times as large.
  private func hardCase(
    _ type: ElementType, scale: Double = 1, _ aggregate: (Tensor, Tensor) throws -> Tensor
  ) throws -> [Tensor] {
    let feature = try tensor("feature", type).requiringGradient()
    let value = try tensor("value", type).requiringGradient()
    let out = try aggregate(feature, value)
    try out.backward(tensor("cotangent", type) * scale)
    return [try out.detached(), try #require(feature.gradient), try #require(value.gradient)]
  }

  /// The formula as written, with a table of all pairs, whose distance weights are rounded to float32 as published or not at
  /// all; for small grids. `roundingScores` is the seed of roundings to float32 that scores are off by.
  private func dense(
    _ feature: Tensor, _ value: Tensor, sigma: Double, roundingDistances: Bool, roundingScores: Int? = nil
  ) throws -> Tensor {
    let (f, v) = (feature.shape, value.shape)
    let count = f[2] * f[3]
    let flat = try feature.reshaped([f[0], f[1], count])
    var scores = try Operator("matmul")(flat.permuted([0, 2, 1]), flat)
    if let roundingScores {
      // A score adds f[1] products, one after the other.
      let unit = Roundings.float32 * Double(f[1]).squareRoot()
      scores = try scores * Roundings.moved(Tensor.filled(1, scores.shape), by: unit, seed: roundingScores)
    }
    let q = try scores.softmax(1)
    var near: [Double] = []
    for a in 0..<count {
      for b in 0..<count {
        guard roundingDistances else {
          let (rows, columns) = (Double(a / f[3] - b / f[3]), Double(a % f[3] - b % f[3]))
          near.append(exp(-(rows * rows + columns * columns) / (2 * sigma * sigma)))
          continue
        }
        let (rows, columns) = (Float(a / f[3] - b / f[3]), Float(a % f[3] - b % f[3]))
        let distance = (rows * rows + columns * columns).squareRoot()
        near.append(Double(Float(exp(Double(-(distance * distance) / Float(2 * sigma * sigma))))))
      }
    }
    let weight = try q * Tensor(near, [count, count]).to(feature.type)
    let sum = try weight.sum([1], keepingDimensions: true) + 1e-7
    return try (Operator("matmul")(value.reshaped([v[0], v[1], count]), weight) / sum).reshaped(v)
  }

  @Test(
    """
    equals the formula with a table of all pairs, in value and gradient, on grids larger than a tile or its reach, and \
    where features are too unlike to matter to each other
    """,
    arguments: [
      (1, 5, 3, 23, 29, nil), (2, 4, 2, 1, 17, nil), (3, 8, 1, 40, 13, nil), (2, 3, 2, 180, 9, nil),
      (1, 4, 2, 120, 9, 12),
    ], Implementation.allCases)
  func equalsDense(sizes: (Int, Int, Int, Int, Int, Float?), implementation: Implementation) throws {
    let (images, depth, channels, height, width, gap) = sizes
    let generator = try Generator(seed: 7)
    func random(_ shape: [Int]) throws -> Tensor { try Tensor.normal(shape, .float64, generator) }
    /// With a gap, the features of the grid's upper and lower half lie that far from 0, on opposite sides.
    func feature() throws -> Tensor {
      let feature = try random([images, depth, height, width])
      guard let gap else { return feature }
      let offsets = (0..<height).map { $0 < height / 2 ? gap : -gap }
      return try feature + Tensor(offsets, [1, 1, height, 1]).to(.float64)
    }
    let start = (
      feature: try feature(), value: try random([images, channels, height, width])
    )
    let cotangent = try random([images, channels, height, width])
    func run(_ aggregate: (Tensor, Tensor) throws -> Tensor) throws -> [Tensor] {
      let (feature, value) = (
        try start.feature.cloned().requiringGradient(), try start.value.cloned().requiringGradient()
      )
      let out = try aggregate(feature, value)
      try out.backward(cotangent)
      return [try out.detached(), try #require(feature.gradient), try #require(value.gradient)]
    }
    // Attention adds distances to scores, and takes no roundings of its own for them.
    let expected = try run { try dense($0, $1, sigma: 2.5, roundingDistances: implementation != .attention) }
    let found = try run { try implementation($0, $1, sigma: 2.5) }
    for (found, expected) in zip(found, expected) {
      let closeness = try Closeness(found, expected)
      #expect(closeness.relative.isWithin(1e-12), "\(closeness)")
    }
  }

  @Test(
    "attention in 16 bits loses what rounding features to them loses, and results keep as many bits",
    arguments: [
      (AggregationMethod.bfloat16Attention, ElementType.bfloat16, Roundings.bfloat16),
      (.float16Attention, .float16, Roundings.float16),
    ], [(1, 1), (1, 0x1p-30), (1, 0x1p30), (0x1p-30, 1), (0x1p20, 1)])
  func roundedAttention(_ kind: (AggregationMethod, ElementType, Double), sizes: (value: Double, cotangent: Double))
    throws
  {
    let (method, type, rounding) = kind
    let exact = try hardCase(.float64) { feature, value in
      try dense(feature.to(type).to(.float64), value, sigma: 6, roundingDistances: false)
    }
    let rounded = try hardCase(.float32, scale: sizes.cotangent) {
      try $0.locallyAggregated($1 * sizes.value, sigma: 6, by: method)
    }
    let scales = [sizes.value, sizes.value * sizes.cotangent, sizes.value * sizes.cotangent]
    // Shares, results, and in gradients also cotangents and those of scores are rounded: four times, by twice the usual at
    // most. Powers of 2 move no digits.
    for (index, name) in ["out", "feature's gradient", "value's gradient"].enumerated() {
      let closeness = try Closeness(rounded[index] / scales[index], exact[index])
      #expect(closeness.relative.isWithin(4 * 2 * rounding), "\(name): \(closeness)")
    }
  }

  @Test("features whose products reach hundreds overflow nothing")
  func largeScores() throws {
    let feature = try (Tensor.normal([1, 16, 20, 20], .float32, Generator(seed: 3)) * 12).requiringGradient()
    let value = try Tensor.normal([1, 4, 20, 20], .float32, Generator(seed: 4)).requiringGradient()
    let out = try feature.locallyAggregated(value, sigma: 6)
    try out.sum().backward()
    for tensor in [out, try #require(feature.gradient), try #require(value.gradient)] {
      #expect(try tensor.doubles().allSatisfy(\.isFinite))
    }
  }

  @Test("memory grows with the positions, not with their pairs", .enabled(if: Memory.peak != nil))
  func memory() throws {
    let side = 200
    let bytesOfPairs = side * side * side * side * 4
    let before = try #require(Memory.peak)
    let feature = try Tensor.normal([1, 4, side, side], .float32, Generator(seed: 8)).requiringGradient()
    let value = try Tensor.normal([1, 2, side, side], .float32, Generator(seed: 9)).requiringGradient()
    try feature.locallyAggregated(value, sigma: 6).sum().backward()
    #expect(feature.gradient != nil)
    #expect(try #require(Memory.peak) - before < bytesOfPairs / 4)
  }

  @Test("the result does not depend on the number of threads")
  func threads() throws {
    let feature = try Tensor.normal([2, 8, 24, 24], .float32, Generator(seed: 5))
    let value = try Tensor.normal([2, 3, 24, 24], .float32, Generator(seed: 6))
    let before = LibTorch.threadCount
    defer { LibTorch.threadCount = before }
    LibTorch.threadCount = 1
    let single = try feature.locallyAggregated(value, sigma: 6).floats()
    LibTorch.threadCount = 2
    #expect(try feature.locallyAggregated(value, sigma: 6).floats() == single)
  }

  @Test(
    "a reach of nearly nothing leaves values as they are", arguments: [1e-3, 1e-30, 1e-200],
    [ElementType.float32, .float64])
  func tinySigma(sigma: Double, type: ElementType) throws {
    let feature = try Tensor.normal([1, 8, 5, 6], type, Generator(seed: 5)).requiringGradient()
    let value = try Tensor.normal([1, 3, 5, 6], type, Generator(seed: 6))
    let found = try feature.locallyAggregated(value, sigma: sigma)
    // Positions out of reach weigh 1e-7 of those within it.
    #expect(try Closeness(found, value).relative <= 1e-3)
    try found.sum().backward()
    #expect(try #require(feature.gradient).isAllFinite())
  }

  @Test("shapes that do not fit are reported in words")
  func misfit() throws {
    let feature = try Tensor.zeros([1, 8, 4, 4])
    let value = try Tensor.zeros([1, 3, 4, 5])
    let error = #expect(throws: TorchError.self) { try feature.locallyAggregated(value, sigma: 6) }
    #expect(error?.operation == "local_aggregation")
    #expect(error?.message.contains("must agree in N, h and w") == true)
  }
}

/// Memory of this process.
private enum Memory {
  /// The most bytes that were ever resident; nil where the system does not tell.
  static var peak: Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1024 }
  }
}
