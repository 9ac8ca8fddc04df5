import Checkpoints
import Tensors
import Testing
import Training

@Suite("The gradient scaler")
struct GradientScalerTests {
  private func tensor(_ values: [Float]) throws -> Tensor { try Tensor(values, [values.count]) }

  @Test("multiplies the loss, and divides finite gradients in place")
  func finite() throws {
    let scaler = try GradientScaler(on: .cpu, initialScale: 1024)
    #expect(try scaler.scaled(tensor([2])).floats() == [2048])
    let gradients = [try tensor([1024, -2048]), try tensor([512])]
    #expect(try scaler.unscale(gradients))
    #expect(try gradients[0].floats() == [1, -2])
    #expect(try gradients[1].floats() == [0.5])
    #expect(try scaler.factor() == 1024)
  }

  @Test(
    "one infinite number, or one that is no number, halves the factor",
    arguments: [Float.infinity, -.infinity, .nan])
  func overflow(value: Float) throws {
    let scaler = try GradientScaler(on: .cpu, initialScale: 1024)
    #expect(try !scaler.unscale([tensor([1, 2]), tensor([3, value, 4])]))
    #expect(try scaler.factor() == 512)
    #expect(try scaler.unscale([tensor([1, 2])]))
    #expect(try scaler.factor() == 512)
  }

  @Test("doubles the factor after 2000 finite steps in a row, and counts anew after an overflow")
  func growth() throws {
    let scaler = try GradientScaler(on: .cpu, initialScale: 4)
    for _ in 0..<1000 { _ = try scaler.unscale([tensor([1])]) }
    #expect(try !scaler.unscale([tensor([.infinity])]))
    #expect(try scaler.factor() == 2)
    for _ in 0..<1999 { _ = try scaler.unscale([tensor([1])]) }
    #expect(try scaler.factor() == 2)
    _ = try scaler.unscale([tensor([1])])
    #expect(try scaler.factor() == 4)
  }

  @Test("restored from its state, grows at the same step")
  func restoring() throws {
    let before = try GradientScaler(on: .cpu, initialScale: 4)
    for _ in 0..<1500 { _ = try before.unscale([tensor([1])]) }
    var state = StateDict()
    try before.save(to: &state)
    let after = try GradientScaler(on: .cpu)
    try after.restore(from: state)
    #expect(try after.factor() == 4)
    for _ in 0..<499 { _ = try after.unscale([tensor([1])]) }
    #expect(try after.factor() == 4)
    _ = try after.unscale([tensor([1])])
    #expect(try after.factor() == 8)
  }

  @Test("keeps its factor where a state has none")
  func restoringNothing() throws {
    let scaler = try GradientScaler(on: .cpu, initialScale: 4)
    try scaler.restore(from: StateDict())
    #expect(try scaler.factor() == 4)
  }
}
