import Tensors
import TestSupport
import Testing

@Suite("Scopes of gradients, inference and autocast")
struct ScopeTests {
  private struct Interruption: Error {}

  private func parameter() throws -> Tensor { try Tensor([Float(2), 3], [2]).requiringGradient() }

  @Test("gradients add up until they are cleared")
  func gradients() throws {
    let x = try parameter()
    #expect(x.gradient == nil)
    try (x * x).sum().backward()
    try (x * x).sum().backward()
    #expect(try x.gradient?.floats() == [8, 12])
    x.clearGradient()
    #expect(x.gradient == nil)
    try (x * x).backward(Tensor([Float(1), 10], [2]))
    #expect(try x.gradient?.floats() == [4, 60])
  }

  @Test("backward without a path, or from many elements without a cotangent, is reported")
  func noPath() throws {
    let x = try parameter()
    #expect(throws: TorchError.self) { try (x * x).backward() }
    let error = #expect(throws: TorchError.self) { try Tensor.zeros([]).backward() }
    #expect(error?.operation == "backward")
    #expect(throws: TorchError.self) { try Tensor([Int64(1)], [1]).requiringGradient() }
  }

  @Test("nothing is recorded without gradient, and recording goes on after it, also after an error")
  func withoutGradientScope() throws {
    let x = try parameter()
    #expect(try withoutGradient { try (x * x).requiresGradient } == false)
    #expect(try (x * x).requiresGradient)
    #expect(throws: Interruption.self) { try withoutGradient { throw Interruption() } }
    #expect(try (x * x).requiresGradient)
    try withoutGradient {
      _ = try withoutGradient { try x * x }
      #expect(try !(x * x).requiresGradient)
    }
    #expect(try (x * x).requiresGradient)
  }

  @Test("nothing is recorded in inference, and recording goes on after it, also after an error")
  func inferenceScope() throws {
    let x = try parameter()
    let made = try withInference { try x * x }
    #expect(!made.requiresGradient)
    #expect(try (x * x).requiresGradient)
    #expect(throws: Interruption.self) { try withInference { throw Interruption() } }
    #expect(try (x * x).requiresGradient)
    // What inference made can be read and computed with afterwards.
    #expect(try (made * 2).floats() == [8, 18])
  }

  @Test("a detached tensor has the elements and no history")
  func detached() throws {
    let x = try parameter()
    let y = try (x * x).detached()
    #expect(!y.requiresGradient)
    #expect(try y.floats() == [4, 9])
  }

  private func product() throws(TorchError) -> ElementType {
    let x = try Tensor.zeros([2, 2])
    return try Operator("matmul")(x, x).type
  }

  @Test(
    "autocast computes products in its type and ends with its scope, also after an error",
    arguments: [ElementType.bfloat16, .float16])
  func autocast(type: ElementType) throws {
    #expect(try withAutocast(type, on: .cpu) { try product() } == type)
    #expect(try product() == .float32)
    #expect(throws: Interruption.self) { try withAutocast(type, on: .cpu) { throw Interruption() } }
    #expect(try product() == .float32)
    #expect(try withAutocast(nil, on: .cpu) { try product() } == .float32)
  }

  @Test("an autocast scope inside another ends by itself")
  func nestedAutocast() throws {
    let types = try withAutocast(.bfloat16, on: .cpu) {
      [try withAutocast(.float16, on: .cpu) { try product() }, try product()]
    }
    #expect(types == [.float16, .bfloat16])
    #expect(try product() == .float32)
  }

  @Test("operators compute in the type of what they are given without autocast, and with it again afterwards")
  func withoutAutocastScope() throws {
    let types = try withAutocast(.bfloat16, on: .cpu) {
      [try withoutAutocast(on: .cpu) { () throws(TorchError) in try product() }, try product()]
    }
    #expect(types == [.float32, .bfloat16])
    #expect(try withoutAutocast(on: .cpu) { () throws(TorchError) in try product() } == .float32)
    #expect(try product() == .float32)
  }

  @Test("a parameter that changed between two scopes is not taken from the first one's cache")
  func autocastCache() throws {
    let weight = try Tensor.filled(1, [2, 2]).requiringGradient()
    let x = try Tensor.filled(1, [2, 2])
    func value() throws -> [Float] {
      try withAutocast(.bfloat16, on: .cpu) { try Operator("matmul")(x, weight).floats() }
    }
    #expect(try value() == [2, 2, 2, 2])
    try withoutGradient { try weight.fill(3) }
    #expect(try value() == [6, 6, 6, 6])
  }
}
