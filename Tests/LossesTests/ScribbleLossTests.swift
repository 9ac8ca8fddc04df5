import Foundation
import Losses
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("The scribble loss")
struct ScribbleLossTests {
  static let tolerance = 1e-12

  /// Two classes and "unlabelled", three pixels in a row, of which the last is ignored.
  private let probabilities = [0.5, 0.2, 0.3, 0.25, 0.2, 0.3, 0.25, 0.6, 0.4]
  private let labels: [Int64] = [0, 2, 255]
  private let weights = [1, 1, 0.02]

  private func logits() throws -> Tensor {
    try Tensor(probabilities.map { log($0) }, [1, 3, 1, 3]).requiringGradient()
  }

  @Test("is the weighted mean of -log p over the pixels that are not ignored")
  func value() throws {
    let loss = try scribbleLoss(logits(), Tensor(labels, [1, 1, 3]), classWeight: Tensor(weights, [3])).item()
    let expected = -(log(0.5) + 0.02 * log(0.6)) / 1.02
    #expect(abs(loss - expected).isWithin(Self.tolerance))
  }

  @Test("weights of another element type are converted")
  func weightType() throws {
    let weights = try Tensor([Float(1), 1, 0.5], [3])
    let loss = try scribbleLoss(logits(), Tensor(labels, [1, 1, 3]), classWeight: weights).item()
    #expect(abs(loss + (log(0.5) + 0.5 * log(0.6)) / 1.5).isWithin(Self.tolerance))
  }

  @Test("has the gradient w (p - onehot) / sum w, and none at ignored pixels")
  func gradient() throws {
    let logits = try logits()
    try scribbleLoss(logits, Tensor(labels, [1, 1, 3]), classWeight: Tensor(weights, [3])).backward()
    let expected = [
      (0.5 - 1) / 1.02, 0.02 * 0.2 / 1.02, 0,
      0.25 / 1.02, 0.02 * 0.2 / 1.02, 0,
      0.25 / 1.02, 0.02 * (0.6 - 1) / 1.02, 0,
    ]
    let closeness = try Closeness(try #require(logits.gradient), expected)
    #expect(closeness.worst.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test(
    "labels without any weight give 0 with a gradient of 0: all ignored, or unlabelled where that weighs nothing",
    arguments: [[255, 255, 255], [2, 2, 2], [2, 255, 2]] as [[Int64]], [nil, 0.0, 3.0] as [Double?])
  func weightless(labels: [Int64], total: Double?) throws {
    let logits = try logits()
    let totalWeight = try total.map { try Tensor([$0], []) }
    let loss = try scribbleLoss(
      logits, Tensor(labels, [1, 1, 3]), classWeight: Tensor([1.0, 1, 0], [3]), totalWeight: totalWeight)
    #expect(try loss.item() == 0)
    try loss.backward()
    #expect(try #require(logits.gradient).doubles().allSatisfy { $0 == 0 })
  }

  @Test("a weight that vanishes in the scores' 32 bits counts as none")
  func vanishingWeight() throws {
    let logits = try logits().to(.float32)
    let weight = try Tensor([1, 1, 1e-60], [3])
    #expect(try scribbleLoss(logits, Tensor([2, 2, 2] as [Int64], [1, 1, 3]), classWeight: weight).item() == 0)
  }

  @Test("an image that is all ignored does not count")
  func ignoredImage() throws {
    let one = try Tensor(probabilities.map { log($0) }, [1, 3, 1, 3])
    let two = try Tensor.concatenated([one, one * 3], 0).requiringGradient()
    let labels = try Tensor(self.labels + [255, 255, 255], [2, 1, 3])
    let loss = try scribbleLoss(two, labels, classWeight: Tensor(weights, [3]))
    #expect(abs(try loss.item() + (log(0.5) + 0.02 * log(0.6)) / 1.02).isWithin(Self.tolerance))
    try loss.backward()
    let gradient = try #require(two.gradient).doubles()
    #expect(gradient[9...].allSatisfy { $0 == 0 })
  }
}
