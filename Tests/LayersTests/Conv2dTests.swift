import Layers
import Tensors
import TestSupport
import Testing

@Suite("Convolutions")
struct Conv2dTests {
  /// A convolution of one channel that sums the pixels under its kernel.
  private func sum(kernel: Int, stride: Int, padding: Conv2d.Padding) throws -> Conv2d {
    let store = try ParameterStore()
    let conv = try Conv2d(store.root, 1, 1, kernel: kernel, stride: stride, padding: padding, bias: false)
    try withoutGradient { try store["weight"]?.fill(1) }
    return conv
  }

  /// The numbers 1, 2, 3 ... in a row.
  private func row(_ count: Int) throws -> Tensor { try Tensor((1...count).map(Float.init), [1, 1, 1, count]) }

  @Test("'same' has ceil(side / stride) positions", arguments: [1, 2, 3, 5], [1, 2, 3])
  func sameSizes(kernel: Int, stride: Int) throws {
    for (height, width) in [(1, 1), (2, 7), (8, 9), (16, 5)] {
      let found = try sum(kernel: kernel, stride: stride, padding: .same)(Tensor.zeros([2, 1, height, width])).shape
      #expect(found == [2, 1, (height + stride - 1) / stride, (width + stride - 1) / stride])
    }
  }

  @Test("'same' puts the extra zero right and below")
  func sameSide() throws {
    // Four pixels, kernel 3, stride 2: one zero, to the right; sums of 1 2 3 and 3 4 0.
    let across = try sum(kernel: 3, stride: 2, padding: .same)
    #expect(try across(row(4)).floats() == [6, 7])
    #expect(try across(row(4).permuted([0, 1, 3, 2])).floats() == [6, 7])
    // Five pixels: one zero on either side; sums of 0 1 2, 2 3 4 and 4 5 0.
    #expect(try across(row(5)).floats() == [3, 9, 9])
    // Kernel 5, stride 2, four pixels: three zeros, one left; sums of 0 1 2 3 4 and 2 3 4 0 0.
    #expect(try sum(kernel: 5, stride: 2, padding: .same)(row(4)).floats() == [10, 9])
    // A kernel smaller than its stride needs no zeros.
    #expect(try sum(kernel: 1, stride: 2, padding: .same)(row(4)).floats() == [1, 3])
  }

  @Test("zeros are added on every side")
  func zeros() throws {
    #expect(try sum(kernel: 3, stride: 1, padding: .zeros(1))(row(4)).floats() == [3, 6, 9, 7])
    #expect(try sum(kernel: 1, stride: 1, padding: .zeros(1))(row(2)).shape == [1, 1, 3, 4])
  }

  @Test("the bias is added, and groups keep channels apart")
  func biasAndGroups() throws {
    let store = try ParameterStore()
    let conv = try Conv2d(store.root / "depthwise", 2, 2, kernel: 1, groups: 2, bias: true)
    let (weight, bias) = (try #require(store["depthwise.weight"]), try #require(store["depthwise.bias"]))
    #expect(weight.shape == [2, 1, 1, 1])
    try withoutGradient {
      try weight.copy(from: Tensor([Float(2), 3], [2, 1, 1, 1]))
      try bias.copy(from: Tensor([Float(10), 20], [2]))
    }
    #expect(try conv(Tensor([Float(1), 5], [1, 2, 1, 1])).floats() == [12, 35])
  }

  @Test("a wrong shape is reported, not fatal")
  func misfit() throws {
    let layer = try Conv2d(ParameterStore().root, 3, 1, kernel: 1, bias: true)
    let error = #expect(throws: TorchError.self) { try layer(Tensor.zeros([1, 2, 4, 4])) }
    #expect(error?.operation == "conv2d")
  }
}
