import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("Convolutions by Winograd's way")
struct WinogradTests {
  /// Relative to the largest magnitude.
  static let tolerance = 1e-5

  struct Sizes: CustomStringConvertible {
    var images = 1
    var height: Int
    var width: Int
    var inputs = 16
    var outputs = 16
    var description: String { "\(images) x \(height) x \(width), \(inputs) to \(outputs)" }
  }

  /// Images, weights and a cotangent in float64, of numbers that float32 holds.
  private func numbers(_ sizes: Sizes) throws -> (image: Tensor, weight: Tensor, cotangent: Tensor) {
    let generator = try Generator(seed: 11)
    func random(_ shape: [Int]) throws -> Tensor { try Tensor.normal(shape, .float32, generator).to(.float64) }
    return (
      try random([sizes.images, sizes.inputs, sizes.height, sizes.width]),
      try random([sizes.outputs, sizes.inputs, 3, 3]),
      try random([sizes.images, sizes.outputs, sizes.height, sizes.width])
    )
  }

  private func results(
    _ image: Tensor, _ weight: Tensor, _ cotangent: Tensor, _ convolve: (Tensor, Tensor) throws -> Tensor
  ) throws -> [(name: String, tensor: Tensor)] {
    let (x, w) = (try image.cloned(.contiguous), try weight.cloned(.contiguous))
    let out = try convolve(x.requiringGradient(), w.requiringGradient())
    try out.backward(cotangent)
    return [("result", out), ("image's gradient", try #require(x.gradient)), ("weight's", try #require(w.gradient))]
  }

  private func compare(_ sizes: Sizes) throws {
    let (image, weight, cotangent) = try numbers(sizes)
    let expected = try results(image, weight, cotangent) {
      try $0.convolved($1, nil, stride: 1, padding: 1, groups: 1)
    }
    for format in [MemoryFormat.contiguous, .channelsLast] {
      func single(_ tensor: Tensor) throws -> Tensor { try tensor.to(.float32).contiguous(format) }
      let found = try results(single(image), single(weight), single(cotangent)) { try $0.convolvedByWinograd($1) }
      for (found, expected) in zip(found, expected) {
        #expect(found.tensor.shape == expected.tensor.shape)
        let closeness = try Closeness(found.tensor, expected.tensor)
        #expect(closeness.magnitude > 0, "\(sizes), \(found.name)")
        #expect(closeness.relative.isWithin(Self.tolerance), "\(sizes), \(found.name): \(closeness)")
      }
    }
  }

  @Test("equal the formula and its gradients at every remainder of four", arguments: 1...9)
  func remainders(height: Int) throws {
    for width in 1...9 { try compare(Sizes(height: height, width: width)) }
  }

  @Test("equal the formula in batches, with many channels, and with more tiles than are taken at once")
  func large() throws {
    try compare(Sizes(images: 3, height: 6, width: 11, inputs: 48, outputs: 32))
    try compare(Sizes(images: 2, height: 21, width: 19, inputs: 16, outputs: 128))
    try compare(Sizes(images: 2, height: 130, width: 70))
    try compare(Sizes(height: 61, width: 62, inputs: 256, outputs: 64))
  }

  @Test("do not depend on the number of threads but for rounding")
  func threads() throws {
    let (image, weight, cotangent) = try numbers(Sizes(images: 2, height: 50, width: 46, inputs: 32, outputs: 48))
    let before = LibTorch.threadCount
    defer { LibTorch.threadCount = before }
    func found(threads: Int) throws -> [(name: String, tensor: Tensor)] {
      LibTorch.threadCount = threads
      return try results(image.to(.float32), weight.to(.float32), cotangent.to(.float32)) {
        try $0.convolvedByWinograd($1)
      }
    }
    let exact = try results(image, weight, cotangent) { try $0.convolved($1, nil, stride: 1, padding: 1, groups: 1) }
    let (one, five) = (try found(threads: 1), try found(threads: 5))
    for (index, exact) in exact.enumerated() {
      // Two orders of the same sums make two errors of one size, and lie twice that apart at the most; twice again, since
      // the largest errors of the two differ by chance.
      let error = try Closeness(one[index].tensor, exact.tensor)
      let closeness = try Closeness(one[index].tensor, five[index].tensor)
      #expect(closeness.magnitude > 0 && error.relative < Self.tolerance, "\(exact.name): \(error)")
      #expect(closeness.relative.isWithin(4 * error.relative), "\(exact.name): \(closeness), \(error)")
    }
  }

  @Test("what is not asked for has no gradient, and what is asked for has it alone")
  func someGradients() throws {
    let (image, weight, cotangent) = try numbers(Sizes(height: 5, width: 6))
    let (x, w, d) = (try image.to(.float32), try weight.to(.float32), try cotangent.to(.float32))
    try x.convolvedByWinograd(w.requiringGradient()).backward(d)
    #expect(w.gradient != nil && x.gradient == nil)
    let (y, v) = (try image.to(.float32).requiringGradient(), try weight.to(.float32))
    try y.convolvedByWinograd(v).backward(d)
    #expect(y.gradient != nil && v.gradient == nil)
    #expect(try !withoutGradient { try y.convolvedByWinograd(v) }.requiresGradient)
  }

  @Test("add a bias and an image, and then activate", arguments: [false, true], [false, true])
  func fused(hasBias: Bool, rectified: Bool) throws {
    for hasAddend in [false, true] { try compareFused(hasBias, hasAddend, rectified) }
  }

  private func compareFused(_ hasBias: Bool, _ hasAddend: Bool, _ rectified: Bool) throws {
    let (image, weight, addend) = try numbers(Sizes(images: 2, height: 7, width: 10, inputs: 32, outputs: 16))
    let bias = try hasBias ? Tensor.normal([16], .float32, Generator(seed: 2)) * 8 : nil
    let plain = try image.convolved(weight, bias?.to(.float64), stride: 1, padding: 1, groups: 1)
    let summed = hasAddend ? try plain + addend * 8 : plain
    let expected = rectified ? try Operator("relu")(summed) : summed
    let before = try (addend * 8).to(.float32)
    let found = try image.to(.float32).convolvedByWinograd(
      weight.to(.float32), bias, adding: hasAddend ? before : nil, rectified: rectified)
    let closeness = try Closeness(found, expected)
    #expect(closeness.magnitude > 0 && closeness.relative.isWithin(Self.tolerance), "\(closeness)")
    #expect(try before.floats() == (addend * 8).to(.float32).floats())
  }

  @Test("keep what is not a number")
  func notANumber() throws {
    let image = try Tensor.filled(1, [1, 16, 4, 4])
    try image.sliced(2, 0, 1).fill(.nan)
    let weight = try Tensor.filled(0.1, [16, 16, 3, 3])
    let found = try image.convolvedByWinograd(weight, nil, adding: nil, rectified: true)
    #expect(try found.isFinite().all().item() == 0)
  }

  @Test("are for float32, kernels of 3 x 3, enough channels and enough positions")
  func suitability() throws {
    let image = try Tensor.zeros([1, 64, 24, 32]), weight = try Tensor.zeros([64, 64, 3, 3])
    #expect(image.suitsWinograd(weight))
    #expect(try !image.to(.float64).suitsWinograd(weight.to(.float64)))
    #expect(try !image.to(.bfloat16).suitsWinograd(weight))
    #expect(try !image.suitsWinograd(Tensor.zeros([64, 64, 1, 1])))
    #expect(try !image.suitsWinograd(Tensor.zeros([40, 64, 3, 3])))
    #expect(try !image.suitsWinograd(Tensor.zeros([64, 1, 3, 3])))
    #expect(try !image.suitsWinograd(Tensor.zeros([4096, 64, 3, 3])))
    #expect(try !Tensor.zeros([1, 64, 12, 16]).suitsWinograd(weight))
    #expect(try Tensor.zeros([2, 64, 12, 16]).suitsWinograd(weight))
  }

  @Test("shapes and types that do not fit are reported, not fatal")
  func misfit() throws {
    let image = try Tensor.zeros([1, 16, 4, 4]), weight = try Tensor.zeros([16, 16, 3, 3])
    for (image, weight) in [
      (try Tensor.zeros([1, 32, 4, 4]), weight), (image, try Tensor.zeros([16, 16, 5, 5])),
      (image, try Tensor.zeros([8, 16, 3, 3])), (try Tensor.zeros([16, 4, 4]), weight),
      (try image.to(.float64), try weight.to(.float64)), (image, try weight.to(.float64)),
      (try Tensor.zeros([1, 0, 4, 4]), try Tensor.zeros([16, 0, 3, 3])),
    ] {
      #expect(throws: TorchError.self) { try image.convolvedByWinograd(weight) }
    }
    for (bias, addend) in [
      (try Tensor.zeros([15]), nil), (nil, try Tensor.zeros([1, 16, 4, 5])), (try Tensor.zeros([16], .float64), nil),
    ] as [(Tensor?, Tensor?)] {
      #expect(throws: TorchError.self) {
        try image.convolvedByWinograd(weight, bias, adding: addend, rectified: false)
      }
    }
  }

  @Test("no image has no result, and gives the weights a gradient of zeros")
  func empty() throws {
    let weight = try Tensor.zeros([16, 16, 3, 3]).requiringGradient()
    for shape in [[0, 16, 4, 4], [1, 16, 0, 4]] {
      let result = try Tensor.zeros(shape).convolvedByWinograd(weight)
      #expect(result.shape == shape)
      try result.sum().backward()
      #expect(try #require(weight.gradient).floats().allSatisfy { $0 == 0 })
    }
  }
}
