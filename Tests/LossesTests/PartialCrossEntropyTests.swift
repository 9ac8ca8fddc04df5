import Foundation
import Losses
import Tensors
import TestSupport
import Testing

@Suite("Partial cross entropy")
struct PartialCrossEntropyTests {
  static let tolerance = 1e-12

  /// Two classes; labelled 0, 0, 0, 0, 1, nothing, padding.
  private var image: SmallImage {
    var image = SmallImage(classes: 2, height: 1, width: 7)
    image.labels = [0, 0, 0, 0, 1, 2, 255]
    return image
  }
  private let p = [0.5, 0.6, 0.7, 0.8, 0.1, 0.3, 0.4]

  private func loss(limit: Double) -> PartialCrossEntropy {
    var loss = PartialCrossEntropy()
    loss.classWeightLimit = limit
    return loss
  }

  @Test(
    "is the weighted mean of -log P, a class of a quarter of the pixels weighing 2",
    arguments: [(1, 1), (1.5, 1.5), (3, 2)])
  func value(limit: Double, weight: Double) throws {
    let sum = log(0.5 * 0.6 * 0.7 * 0.8) + weight * log(0.9)
    let found = try image.result(of: loss(limit: limit), image.logits([p, p.map { 1 - $0 }]))
    #expect(abs(found.value + sum / (4 + weight)).isWithin(Self.tolerance))
    #expect([5, 6, 12, 13].allSatisfy { found.gradient[$0] == 0 })
  }

  @Test("the gradient agrees with finite differences") func gradient() throws {
    let closeness = try image.finiteDifferences(of: loss(limit: 3))
    #expect(closeness.relative.isWithin(1e-8), "\(closeness)")
  }

  @Test("without labels is 0 with a gradient of 0", arguments: [Int64(2), 255]) func nothing(label: Int64) throws {
    var image = image
    image.labels = Array(repeating: label, count: 7)
    let found = try image.result(of: loss(limit: 3), image.randomLogits())
    #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
  }

  @Test("counts are those of the whole batch, and are counted once") func batch() throws {
    var calls = 0
    let counts = LabelCounts {
      calls += 1
      return try Tensor([10.0, 0], [2])
    }
    #expect(try counts().doubles() == [10, 0])
    #expect(try counts().doubles() == [10, 0])
    #expect(calls == 1)
    let labels = try Tensor([0, 0, 2, 255, 1] as [Int64], [1, 1, 5])
    #expect(try LabelCounts(of: labels, classCount: 2)().doubles() == [2, 1])
  }
}
