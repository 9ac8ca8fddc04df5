import Foundation
import Losses
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("The BLP loss on cases that fit a page")
struct BLPLossTests {
  static let tolerance = 1e-12

  /// Two classes, two pixels: P is (0.8, 0.2) and (0.4, 0.6), U is (0.5, 0.25, 0.25) and (0.1, 0.2, 0.7).
  private let p = [0.8, 0.4, 0.2, 0.6]
  private let u = [0.5, 0.1, 0.25, 0.2, 0.25, 0.7]

  private func logits(_ values: [Double], images: Int) throws -> Tensor {
    let one = values.map { log($0) }
    let all = (0..<images).flatMap { _ in one }
    return try Tensor(all, [images, values.count / 2, 1, 2]).requiringGradient()
  }

  private func loss(_ z: Tensor, _ labels: [Int64], gamma: Double = 2) throws -> Tensor {
    let images = labels.count / 2
    return try blpLoss(
      z, scribbleLogits: logits(u, images: images), labels: Tensor(labels, [images, 1, 2]), gamma: gamma)
  }

  /// Weights of the two pixels, labelled 0 and 1.
  private func weights(_ gamma: Double) -> [Double] { [pow(1 - 0.5 * 0.8, gamma), pow(1 - 0.2 * 0.6, gamma)] }

  @Test("is the mean of -log P_c, weighted with (1 - U_c P_c)^gamma", arguments: [0, 1, 2, 3.5])
  func value(gamma: Double) throws {
    let w = weights(gamma)
    let expected = -(w[0] * log(0.8) + w[1] * log(0.6)) / (w[0] + w[1] + 1e-7)
    #expect(abs(try loss(logits(p, images: 1), [0, 1], gamma: gamma).item() - expected).isWithin(Self.tolerance))
  }

  @Test("the gradient is w (P - onehot) / sum w: the weights are constants")
  func gradient() throws {
    let z = try logits(p, images: 1)
    try loss(z, [0, 1]).backward()
    let w = weights(2)
    let sum = w[0] + w[1] + 1e-7
    let expected = [w[0] * (0.8 - 1) / sum, w[1] * 0.4 / sum, w[0] * 0.2 / sum, w[1] * (0.6 - 1) / sum]
    let closeness = try Closeness(try #require(z.gradient), expected)
    #expect(closeness.worst.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("an image without supervision gives 0, counts in the mean, and gets a gradient of 0")
  func withoutSupervision() throws {
    for none in [[Int64(2), 2], [255, 255], [255, 2]] {
      let z = try logits(p, images: 2)
      let loss = try loss(z, [0, 1] + none)
      let alone = try self.loss(logits(p, images: 1), [0, 1]).item()
      #expect(abs(try loss.item() - alone / 2).isWithin(Self.tolerance))
      try loss.backward()
      let gradient = try #require(z.gradient).doubles()
      #expect(gradient.allSatisfy { $0.isFinite })
      #expect(gradient[4...].allSatisfy { $0 == 0 })
      #expect(gradient[..<4].allSatisfy { $0 != 0 })
    }
  }

  @Test("a batch without any supervision gives 0 with a gradient of 0", arguments: [Int64(2), 255])
  func nothing(label: Int64) throws {
    let z = try logits(p, images: 1)
    let loss = try loss(z, [label, label])
    #expect(try loss.item() == 0)
    try loss.backward()
    #expect(try #require(z.gradient).doubles() == [0, 0, 0, 0])
  }

  @Test("unlabelled and ignored pixels get no gradient and change nothing", arguments: [Int64(2), 255])
  func unlabelled(label: Int64) throws {
    let z = try logits(p, images: 1)
    let loss = try loss(z, [0, label])
    let w = weights(2)[0]
    #expect(abs(try loss.item() + w * log(0.8) / (w + 1e-7)).isWithin(Self.tolerance))
    try loss.backward()
    let gradient = try #require(z.gradient).doubles()
    #expect(gradient[1] == 0 && gradient[3] == 0)
    #expect(gradient[0] < 0 && gradient[2] > 0)
  }

  @Test("a pixel that is surely annotated and surely learnt weighs nothing, and nothing overflows")
  func certain() throws {
    let z = try Tensor([1000.0, 0, -1000, 0], [1, 2, 1, 2]).requiringGradient()
    let u = try Tensor([1000.0, 0, 0, 0, 0, 0], [1, 3, 1, 2])
    let loss = try blpLoss(z, scribbleLogits: u, labels: Tensor([Int64(0), 1], [1, 1, 2]), gamma: 2)
    let familiar: Double = 1.0 / 6
    let w = pow(1 - familiar, 2)
    #expect(abs(try loss.item() - w * log(2) / (w + 1e-7)).isWithin(Self.tolerance))
    try loss.backward()
    #expect(try #require(z.gradient).doubles().allSatisfy(\.isFinite))
  }

  @Test("with gamma 0 the gradient agrees with finite differences in float64")
  func finiteDifferences() throws {
    let generator = try Generator(seed: 3)
    let start = try Tensor.normal([2, 3, 2, 3], .float64, generator)
    let u = try Tensor.normal([2, 4, 2, 3], .float64, generator)
    let labels = try Tensor([0, 1, 2, 3, 255, 1, 3, 2, 2, 0, 3, 255] as [Int64], [2, 2, 3])
    func value(_ z: Tensor) throws -> Tensor { try blpLoss(z, scribbleLogits: u, labels: labels, gamma: 0) }
    let z = try start.cloned().requiringGradient()
    try value(z).backward()
    let numbers = try start.doubles()
    let reach = 1e-6
    let numeric = try numbers.indices.map { i in
      var (above, below) = (numbers, numbers)
      above[i] += reach
      below[i] -= reach
      return try (value(Tensor(above, start.shape)).item() - value(Tensor(below, start.shape)).item()) / (2 * reach)
    }
    let closeness = try Closeness(try #require(z.gradient), numeric)
    #expect(closeness.relative.isWithin(1e-8), "\(closeness)")
  }
}
