import Tensors
import Testing

@Suite("Recomputation")
struct RecomputationTests {
  private func random(_ shape: [Int], _ seed: UInt64, _ type: ElementType = .float64) throws -> Tensor {
    try Tensor.normal(shape, .float64, Generator(seed: seed)).to(type)
  }

  @Test("results and gradients are those of the same computation that is kept", arguments: [false, true])
  func equal(inputLearns: Bool) throws {
    let cotangent = try random([1, 4, 6, 6], 3)
    func run(recomputing: Bool) throws -> [[Double]] {
      let input = try random([1, 3, 6, 6], 1).requiringGradient(inputLearns)
      let weight = try random([4, 3, 1, 1], 2).requiringGradient()
      func body(_ x: Tensor) throws(TorchError) -> Tensor {
        try x.convolved(weight, nil, stride: 1, padding: 0, groups: 1).exponential()
      }
      let out = recomputing ? try input.recomputed { x, _ throws(TorchError) in try body(x) } : try body(input)
      try (out * out).backward(cotangent)
      #expect((input.gradient != nil) == inputLearns)
      return [try out.doubles(), try #require(weight.gradient).doubles(), try input.gradient?.doubles() ?? []]
    }
    #expect(try run(recomputing: true) == run(recomputing: false))
  }

  @Test("the body runs again in the backward pass, and is told so")
  func twice() throws {
    let input = try random([3], 1).requiringGradient()
    let runs = Runs()
    let out = try input.recomputed { x, isAgain throws(TorchError) in
      runs.again.append(isAgain)
      return try x * x
    }
    #expect(runs.again == [false])
    try out.sum().backward()
    #expect(runs.again == [false, true])
  }

  @Test("without anything to learn it runs once and keeps nothing")
  func inference() throws {
    let input = try random([3], 1)
    let runs = Runs()
    let out = try input.recomputed { [weak runs] x, isAgain throws(TorchError) in
      runs?.again.append(isAgain)
      return try x * 2
    }
    #expect(runs.again == [false])
    #expect(!out.requiresGradient)
  }

  @Test("computes again in the type of the autocast scope that is closed by then")
  func autocast() throws {
    let input = try random([1, 3, 4, 4], 1, .float32).requiringGradient()
    let weight = try random([2, 3, 1, 1], 2, .float32).requiringGradient()
    let runs = Runs()
    let out = try withAutocast(.bfloat16, on: .cpu) {
      try input.recomputed { x, _ throws(TorchError) in
        let y = try x.convolved(weight, nil, stride: 1, padding: 0, groups: 1)
        runs.types.append(y.type)
        return y
      }
    }
    try out.to(.float32).sum().backward()
    #expect(runs.types == [.bfloat16, .bfloat16])
    #expect(weight.gradient?.type == .float32)
  }

  @Test("an error of the body in the backward pass comes out of it")
  func failure() throws {
    let input = try random([3], 1).requiringGradient()
    let out = try input.recomputed { x, isAgain throws(TorchError) in
      if isAgain { throw TorchError(operation: "test", message: "not a second time") }
      return try x * x
    }
    let error = #expect(throws: TorchError.self) { try out.sum().backward() }
    #expect(error?.message.contains("not a second time") == true)
  }
}

private final class Runs {
  var again: [Bool] = []
  var types: [ElementType] = []
}
