import Tensors
import TestSupport
import Testing

@Suite("Sources of random numbers")
struct GeneratorTests {
  private func numbers(_ generator: Generator) throws -> [Float] {
    try Tensor.normal([5], .float32, generator).floats() + Tensor.uniform([5], .float32, generator).floats()
  }

  @Test("equal seeds give equal numbers, other seeds others")
  func seeds() throws {
    let first = try numbers(Generator(seed: 7))
    #expect(try numbers(Generator(seed: 7)) == first)
    #expect(try numbers(Generator(seed: 8)) != first)
  }

  @Test("two sources do not disturb each other")
  func independent() throws {
    let (a, b) = (try Generator(seed: 1), try Generator(seed: 1))
    let first = try numbers(a)
    #expect(try numbers(a) != first)
    #expect(try numbers(b) == first)
  }

  @Test("a state that was kept continues the numbers")
  func state() throws {
    let generator = try Generator(seed: 3)
    _ = try numbers(generator)
    let state = try generator.state()
    let expected = try numbers(generator)
    let other = try Generator(seed: 99)
    try other.restore(Tensor(state.uint8s(), state.shape))
    #expect(try numbers(other) == expected)
  }

  @Test("a state that is none is refused")
  func refusing() throws {
    let generator = try Generator(seed: 3)
    let error = #expect(throws: TorchError.self) { try generator.restore(Tensor([UInt8(1), 2], [2])) }
    #expect(error?.operation == "generator state")
    #expect(throws: TorchError.self) { try generator.restore(Tensor.zeros(generator.state().shape, .float32)) }
    #expect(try numbers(generator) == numbers(Generator(seed: 3)))
  }
}
