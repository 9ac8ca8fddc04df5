import Layers
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("A convolution of features of several sizes")
struct PyramidConvTests {
  /// Relative to the largest magnitude.
  static let tolerance = (float32: 1e-5, float64: 1e-13)

  private func compare(_ sizes: [(Int, Int)], _ type: ElementType, tolerance: Double) throws {
    let width = 4
    let store = try ParameterStore(type: type, seed: 2)
    let conv = try PyramidConv(store.root, levels: sizes.count, width: width)
    let generator = try Generator(seed: 3)
    try withoutGradient {
      for name in ["1.weight", "1.bias", "1.running_mean", "1.running_var"] {
        try store[name]?.copy(from: Tensor.uniform([width], type, generator) + 0.2)
      }
    }
    let levels = try sizes.map { try Tensor.normal([2, width, $0, $1], type, generator).contiguous(.channelsLast) }
    let before = try levels.map { try $0.doubles() }
    let (finest, coarser, height) = (levels[0], Array(levels.dropFirst()), sizes[0].0)
    let expected = try withoutGradient { try conv(finest, 0..<height, of: height, beside: coarser, .evaluation) }
    let folded = try conv.folded(nil)
    let found = try folded(finest, 0..<height, of: height, beside: coarser, .evaluation)
    #expect(found.shape == expected.shape)
    let closeness = try Closeness(found, expected)
    #expect(closeness.magnitude > 0 && closeness.relative.isWithin(tolerance), "\(closeness)")
    print("\(sizes), \(type): worst \(closeness.relative)")
    #expect(try levels.map { try $0.doubles() } == before)

    // Rows by themselves, without those that lack what lies beyond.
    guard height > 4 else { return }
    let seen = 1..<height - 1
    for conv in [conv, folded] {
      let part = try withoutGradient { try conv(finest.rows(seen), seen, of: height, beside: coarser, .evaluation) }
      let inner = try Closeness(part.rows(1..<seen.count - 1), expected.rows(2..<height - 2))
      #expect(inner.magnitude > 0 && inner.relative.isWithin(tolerance), "\(inner)")
    }
  }

  @Test("gives the same folded, whatever the sizes", arguments: [ElementType.float32, .float64])
  func sizes(type: ElementType) throws {
    let tolerance = type == .float64 ? Self.tolerance.float64 : Self.tolerance.float32
    // Halved, halved and rounded up, unlike in both directions, of one row or column, all of one size, one level alone.
    let pyramids = [
      [(16, 24), (8, 12), (4, 6)], [(13, 19), (7, 10), (4, 5), (2, 3)], [(9, 31), (2, 11), (5, 1)],
      [(1, 17), (1, 9)], [(1, 1), (1, 1), (1, 1)], [(5, 6), (5, 6)], [(6, 5), (9, 8)], [(4, 7)],
    ]
    for sizes in pyramids { try compare(sizes, type, tolerance: tolerance) }
  }

  @Test("gives in blocks of long sides what it gives in one piece", arguments: [(2600, 3), (3, 2600)])
  func longSides(size: (height: Int, width: Int)) throws {
    let width = 2
    let store = try ParameterStore(type: .float64, seed: 2)
    let conv = try PyramidConv(store.root, levels: 2, width: width)
    let generator = try Generator(seed: 3)
    let (height, columns) = size
    let finest = try Tensor.normal([1, width, height, columns], .float64, generator)
    let coarser = try Tensor.normal([1, width, (height + 1) / 2, (columns + 1) / 2], .float64, generator)
    let found = try withoutGradient { try conv(finest, 0..<height, of: height, beside: [coarser], .evaluation) }
    // Whole features at the finest grid, as the layer does without.
    let upsampled = try coarser.resizedBilinear(height: height, width: columns)
    let weight = try #require(store["0.weight"])
    let expected = try withoutGradient {
      try Tensor.concatenated([finest, upsampled], 1)
        .convolved(weight, nil, stride: 1, padding: 1, groups: 1)
        / (1 + 1e-5).squareRoot()
    }
    let closeness = Closeness(try found.doubles(), try expected.doubles().map { max(0, $0) })
    #expect(closeness.magnitude > 0 && closeness.relative <= Self.tolerance.float64, "\(closeness)")
  }

  @Test("computes in bfloat16 under autocast, folded and learning, and adds up in float32", arguments: [false, true])
  func autocast(isFolded: Bool) throws {
    let (width, sizes) = (16, [(13, 19), (7, 10), (4, 5)])
    let store = try ParameterStore(seed: 2)
    let conv = try PyramidConv(store.root, levels: sizes.count, width: width)
    // ReLU passes everything: what rounding moves over its edge would have another gradient altogether.
    try withoutGradient { try store["1.bias"]?.fill(6) }
    let generator = try Generator(seed: 3)
    // Values that bfloat16 holds, so that it is the arithmetic that differs.
    let levels = try sizes.map {
      try Tensor.normal([1, width, $0, $1], .float32, generator).to(.bfloat16).to(.float32).contiguous(.channelsLast)
    }
    func result(
      _ type: ElementType?, _ conv: PyramidConv, _ levels: [Tensor]
    ) throws -> (out: Tensor, gradients: [Tensor]) {
      let inputs = try levels.map { try $0.detached().requiringGradient(!isFolded) }
      let block = isFolded ? try conv.folded(type) : conv
      let out = try withAutocast(type, on: .cpu) {
        let level = try type.map { try inputs[0].to($0) } ?? inputs[0]
        return try block(
          level, 0..<sizes[0].0, of: sizes[0].0, beside: Array(inputs.dropFirst()), isFolded ? .evaluation : .training)
      }
      guard !isFolded else { return (out, []) }
      try out.to(.float32).backward(Tensor.normal(out.shape, .float32, Generator(seed: 4)))
      return (out, try inputs.map { try #require($0.gradient) })
    }
    func everything(_ result: (out: Tensor, gradients: [Tensor])) -> [Tensor] { [result.out] + result.gradients }
    let exact = everything(try result(nil, conv, levels))
    let rounded = everything(try result(.bfloat16, conv, levels))
    #expect(rounded[0].type == .bfloat16)
    /// The results in float32 with weights and levels that are off by a rounding to 8 bits.
    func moved(_ seed: Int) throws -> [Tensor] {
      let store = try ParameterStore(seed: 2)
      let other = try PyramidConv(store.root, levels: sizes.count, width: width)
      try withoutGradient {
        try store["1.bias"]?.fill(6)
        let weight = try #require(store["0.weight"])
        try weight.copy(from: Roundings.moved(weight, by: Roundings.bfloat16, seed: seed))
      }
      let levels = try levels.enumerated().map {
        try Roundings.moved($1, by: Roundings.bfloat16, seed: 10 * seed + $0).to(.float32).contiguous(.channelsLast)
      }
      return everything(try result(nil, other, levels))
    }
    for index in exact.indices {
      let effect = try Roundings.effect { seed in try Closeness(moved(seed)[index], exact[index]).relative }
      // What is kept in 8 bits is itself rounded, beside the sums of rounded numbers.
      let tolerance = Roundings.bfloat16 + Roundings.multiple * effect
      let closeness = try Closeness(rounded[index].to(.float32), exact[index])
      #expect(closeness.magnitude > 0 && closeness.relative > 0, "\(closeness)")
      #expect(closeness.relative.isWithin(tolerance), "\(closeness), \(effect)")
      #expect(tolerance < 0.05, "\(effect)")
      print("bfloat16, folded \(isFolded): \(closeness.relative) of \(tolerance)")
    }
  }
}
