import Layers
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("A convolution and what follows it")
struct ConvBlockTests {
  /// Relative to the largest magnitude.
  static let tolerance = 1e-5

  @Test("convolution, normalisation and ReLU follow each other under PyTorch's names")
  func sequence() throws {
    let store = try ParameterStore()
    let layer = try ConvBlock(sequence: store.root / "lateral", 3, 4, kernel: 3)
    let norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map { "lateral.1.\($0)" }
    #expect(store.entries.map(\.name) == ["lateral.0.weight"] + norm)
    let found = try layer(Tensor.normal([2, 3, 5, 7], .float32, Generator(seed: 1)), .training)
    #expect(found.shape == [2, 4, 5, 7])
    let values = try found.floats()
    #expect(values.allSatisfy { $0 >= 0 } && values.contains { $0 > 0 } && values.contains(0))
  }

  /// A block whose tensors are all random, from 2 channels to 2.
  private func block(
    padding: Conv2d.Padding = .zeros(1), stride: Int = 1, groups: Int = 1, bias: Bool = false, normalised: Bool = true,
    _ activation: Activation
  ) throws -> ConvBlock {
    try blockAndParameters(
      padding: padding, stride: stride, groups: groups, bias: bias, normalised: normalised, activation
    ).block
  }

  private func blockAndParameters(
    padding: Conv2d.Padding = .zeros(1), stride: Int = 1, groups: Int = 1, bias: Bool = false, normalised: Bool = true,
    _ activation: Activation
  ) throws -> (block: ConvBlock, parameters: [Tensor]) {
    let store = try ParameterStore(seed: 6)
    let conv = try Conv2d(
      store.root / "conv", 2, 2, kernel: 3, stride: stride, padding: padding, groups: groups, bias: bias)
    let norm = normalised ? try BatchNorm2d(store.root / "norm", 2, epsilon: 0.01) : nil
    let generator = try Generator(seed: 7)
    try withoutGradient {
      for entry in store.entries where entry.name.hasPrefix("norm.") && entry.tensor.type == .float32 {
        try entry.tensor.copy(from: Tensor.uniform([2], .float32, generator) * 3 + 0.2)
      }
    }
    return (ConvBlock(conv, norm, activation), store.parameters.map(\.tensor))
  }

  @Test("with fixed statistics training is evaluation, and so are its gradients", arguments: [false, true])
  func fixedStatistics(bias: Bool) throws {
    let (block, parameters) = try blockAndParameters(bias: bias, .relu6)
    let x = try Tensor.normal([2, 2, 6, 7], .float32, Generator(seed: 8)) * 5
    func results(_ mode: Mode) throws -> (output: Tensor, gradients: [Tensor]) {
      let x = try x.cloned().requiringGradient()
      for parameter in parameters { parameter.clearGradient() }
      let output = try block(x, mode)
      try (output * Tensor.normal(output.shape, .float32, Generator(seed: 9))).sum().backward()
      return (try output.detached(), try ([x] + parameters).map { try #require($0.gradient).cloned() })
    }
    let expected = try results(.evaluation.plain)
    for mode in [Mode.training.withFixedStatistics, .evaluation.withFixedStatistics] {
      let found = try results(mode)
      #expect(try Closeness(found.output, expected.output).relative.isWithin(Self.tolerance))
      for (gradient, reference) in zip(found.gradients, expected.gradients) {
        let closeness = try Closeness(gradient, reference)
        #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
      }
    }
  }

  /// Compares a block with its folded form, with and without an addition; values pass below 0 and above 6.
  private func compare(_ block: ConvBlock, height: Int = 6, width: Int = 7) throws {
    let generator = try Generator(seed: 8)
    let x = try Tensor.normal([2, 2, height, width], .float32, generator).contiguous(.channelsLast) * 5
    let folded = try block.folded(nil)
    let plain = try block(x, .evaluation)
    #expect(try Closeness(folded(x, .evaluation), plain).relative.isWithin(Self.tolerance))
    let shortcut = try Tensor.normal(plain.shape, .float32, generator).contiguous(.channelsLast) * 5
    let expected = try block(x, adding: shortcut, .evaluation)
    let closeness = try Closeness(folded(x, adding: shortcut, .evaluation), expected)
    #expect(closeness.magnitude > 0 && closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("gives the same folded, with every activation", arguments: [Activation.none, .relu, .relu6])
  func activations(activation: Activation) throws {
    try compare(block(activation))
    try compare(block(bias: true, activation))
    try compare(block(bias: true, normalised: false, activation))
    try compare(block(normalised: false, activation))
  }

  @Test("gives the same folded, with strides, groups and TensorFlow's padding", arguments: [1, 2], [1, 2])
  func shapes(stride: Int, groups: Int) throws {
    for (height, width) in [(6, 7), (1, 1), (1, 9)] {
      try compare(block(padding: .same, stride: stride, groups: groups, .relu), height: height, width: width)
      try compare(block(stride: stride, groups: groups, .none), height: height, width: width)
    }
  }

  @Test("adds before it activates")
  func order() throws {
    let store = try ParameterStore()
    let block = ConvBlock(try Conv2d(store.root, 1, 1, kernel: 1, bias: false), nil, .relu)
    try withoutGradient { try store["weight"]?.fill(2) }
    let x = try Tensor([Float(-3), -1, 0, 2], [1, 1, 2, 2])
    for block in [block, try block.folded(nil)] {
      #expect(try block(x, .evaluation).floats() == [0, 0, 0, 4])
      let shortcut = try Tensor([Float(7), 1, -1, -3], [1, 1, 2, 2])
      #expect(try block(x, adding: shortcut, .evaluation).floats() == [1, 0, 0, 1])
    }
  }

  @Test("a wrong shape is reported, not fatal, also where it is folded")
  func misfit() throws {
    let block = try block(.relu).folded(nil)
    let x = try Tensor.zeros([1, 2, 4, 4])
    #expect(throws: TorchError.self) { try block(Tensor.zeros([1, 3, 4, 4]), .evaluation) }
    #expect(throws: TorchError.self) { try block(x, adding: Tensor.zeros([1, 2, 3, 4]), .evaluation) }
  }

  @Test("computes in the type of its folded weights, whatever it is given", arguments: [Activation.none, .relu])
  func sixteenBits(activation: Activation) throws {
    let generator = try Generator(seed: 8)
    let block = try block(bias: true, activation)
    let x = try Tensor.normal([2, 2, 6, 7], .float32, generator).contiguous(.channelsLast) * 3
    let shortcut = try Tensor.normal([2, 2, 6, 7], .float32, generator).contiguous(.channelsLast) * 3
    let before = try shortcut.floats()
    let expected = try block(x, adding: shortcut.cloned(.channelsLast), .evaluation)
    let folded = try block.folded(.bfloat16)
    for (x, shortcut) in [(x, shortcut), (try x.to(.bfloat16), try shortcut.to(.bfloat16))] {
      let found = try withAutocast(.bfloat16, on: .cpu) { try folded(x, adding: shortcut, .evaluation) }
      #expect(found.type == .bfloat16)
      let closeness = try Closeness(found.to(.float32), expected)
      #expect(closeness.magnitude > 0 && closeness.relative.isWithin(0.02), "\(closeness)")
    }
    #expect(try shortcut.floats() == before)
  }
}
