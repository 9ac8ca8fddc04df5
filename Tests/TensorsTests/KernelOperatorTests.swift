import Tensors
import Testing

@Suite("Operators with kernels in LibTorch's dispatcher")
struct KernelOperatorTests {
  private func random(_ shape: [Int]) throws -> Tensor { try Tensor.normal(shape, .float32, Generator(seed: 1)) }

  /// A tensor with a shape and no elements.
  private func shapeAlone(_ shape: [Int], _ type: ElementType = .float32) throws -> Tensor {
    try Operator("empty", "memory_format")(shape, type, nil, "meta")
  }

  @Test("tell the shapes of their results without computing them")
  func meta() throws {
    let (feature, value) = (try shapeAlone([2, 8, 500, 700], .float64), try shapeAlone([2, 3, 500, 700], .float64))
    let aggregated = try feature.locallyAggregated(value, sigma: 6)
    #expect(aggregated.shape == [2, 3, 500, 700] && aggregated.type == .float64)
    #expect(throws: TorchError.self) {
      try feature.locallyAggregated(shapeAlone([2, 3, 500, 701], .float64), sigma: 6)
    }
    let (image, weight) = (try shapeAlone([2, 32, 500, 700]), try shapeAlone([64, 32, 3, 3]))
    #expect(try image.convolvedByWinograd(weight).shape == [2, 64, 500, 700])
    #expect(try image.convolvedByWinograd(weight, nil, adding: nil, rectified: true).shape == [2, 64, 500, 700])
    #expect(throws: TorchError.self) { try image.convolvedByWinograd(shapeAlone([64, 16, 3, 3])) }
  }

  @Test("have gradients without elements, too")
  func metaGradients() throws {
    let (feature, value) = (
      try shapeAlone([1, 8, 4, 5]).requiringGradient(), try shapeAlone([1, 3, 4, 5]).requiringGradient()
    )
    try feature.locallyAggregated(value, sigma: 6).sum().backward()
    #expect(feature.gradient?.shape == [1, 8, 4, 5] && value.gradient?.shape == [1, 3, 4, 5])
    let (image, weight) = (
      try shapeAlone([1, 16, 4, 5]).requiringGradient(), try shapeAlone([32, 16, 3, 3]).requiringGradient()
    )
    try image.convolvedByWinograd(weight).sum().backward()
    #expect(image.gradient?.shape == [1, 16, 4, 5] && weight.gradient?.shape == [32, 16, 3, 3])
  }

  /// Requires that differentiating this again is refused by name.
  private func refusesDerivative(_ name: String, _ gradients: [Tensor]) {
    for gradient in gradients {
      #expect(gradient.requiresGradient)
      let error = #expect(throws: TorchError.self) { try gradient.sum().backward() }
      #expect(error?.message == "derivative for \(name) is not implemented", "\(String(describing: error))")
    }
  }

  @Test("refuse a second derivative of local aggregation")
  func secondDerivativeOfAggregation() throws {
    let (feature, value) = (try random([1, 4, 5, 6]).requiringGradient(), try random([1, 3, 5, 6]))
    let results = try Operator("blpseg::local_aggregation").tensors(feature, value, 6.0)
    #expect(results.map(\.requiresGradient) == [true, false, false])
    refusesDerivative(
      "blpseg::local_aggregation_backward",
      try Operator("blpseg::local_aggregation_backward").tensors(
        random([1, 3, 5, 6]), feature, value, results[0].detached(), results[1], results[2], 6.0))
  }

  @Test("refuse a second derivative of a convolution, and any of a fused one")
  func secondDerivativeOfConvolution() throws {
    let (image, weight) = (try random([1, 16, 5, 6]), try random([16, 16, 3, 3]).requiringGradient())
    let gradients = try Operator("blpseg::winograd_convolution_backward").tensors(
      random([1, 16, 5, 6]), image, weight, true, true)
    #expect(gradients.map(\.shape) == [image.shape, weight.shape])
    refusesDerivative("blpseg::winograd_convolution_backward", gradients)
    refusesDerivative(
      "blpseg::winograd_convolution_fused", [try image.convolvedByWinograd(weight, nil, adding: nil, rectified: true)])
  }

  @Test("report a cotangent that does not fit")
  func misfit() throws {
    let (image, weight) = (try random([1, 16, 5, 6]), try random([16, 16, 3, 3]))
    let backward = Operator("blpseg::winograd_convolution_backward")
    #expect(throws: TorchError.self) { try backward.tensors(random([1, 16, 5, 7]), image, weight, true, true) }
    let (feature, value) = (try random([1, 4, 5, 6]), try random([1, 3, 5, 6]))
    let results = try Operator("blpseg::local_aggregation").tensors(feature, value, 6.0)
    #expect(throws: TorchError.self) {
      try Operator("blpseg::local_aggregation_backward").tensors(
        random([1, 3, 5, 5]), feature, value, results[0], results[1], results[2], 6.0)
    }
  }
}
