import Foundation
import Losses
import Tensors
import TestSupport
import Testing

/// Squared distances of positions and of colours between two pixels.
private func distances(_ image: SmallImage, _ i: Int, _ j: Int) -> (position: Double, color: Double) {
  let (y, x) = (Double(i / image.width - j / image.width), Double(i % image.width - j % image.width))
  let colors = (0..<3).map { image.colors[$0 * image.pixels + i] - image.colors[$0 * image.pixels + j] }
  return (y * y + x * x, colors.reduce(0) { $0 + $1 * $1 })
}

/// 1 - P_i . P_j of probabilities `[C][H * W]`.
private func difference(_ p: [[Double]], _ i: Int, _ j: Int) -> Double {
  1 - p.reduce(0) { sum, plane in sum + plane[i] * plane[j] }
}

@Suite("The gated CRF loss")
struct GatedCRFLossTests {
  private var loss: GatedCRFLoss {
    var loss = GatedCRFLoss()
    loss.cellSide = 1
    loss.radius = 2
    loss.positionDeviation = 1.5
    loss.colorDeviation = 20
    return loss
  }

  /// With a column of padding.
  private var image: SmallImage {
    var image = SmallImage.noise(classes: 3, height: 4, width: 5)
    for row in 0..<4 { image.labels[5 * row + 4] = 255 }
    return image
  }

  @Test("is the sum over all pairs within the window") func value() throws {
    let image = image
    let logits = try image.randomLogits()
    let p = try image.probabilities(logits)
    var expected = 0.0
    for i in 0..<20 where image.labels[i] != 255 {
      for j in 0..<20 where i != j && image.labels[j] != 255 {
        guard abs(i / 5 - j / 5) <= 2, abs(i % 5 - j % 5) <= 2 else { continue }
        let (position, color) = distances(image, i, j)
        let kernel = exp(-position / 4.5) * (0.9 * exp(-color / 800) + 0.1)
        expected += kernel * difference(p, i, j)
      }
    }
    let found = try image.result(of: loss, logits)
    #expect(abs(found.value - expected / 16).isWithin(1e-12))
    #expect((0..<60).filter { $0 % 5 == 4 }.allSatisfy { found.gradient[$0] == 0 })
  }

  @Test("the gradient agrees with finite differences") func gradient() throws {
    let closeness = try image.finiteDifferences(of: loss)
    #expect(closeness.relative.isWithin(1e-7), "\(closeness)")
  }

  @Test("a window larger than the image, one cell, padding alone") func extremes() throws {
    var wide = loss
    wide.radius = 32
    let closeness = try image.finiteDifferences(of: wide)
    #expect(closeness.relative.isWithin(1e-7), "\(closeness)")
    var padded = image
    padded.labels = Array(repeating: 255, count: 20)
    for image in [padded, SmallImage(classes: 2, height: 1, width: 1)] {
      let found = try image.result(of: loss, image.randomLogits())
      #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
    }
  }
}

@Suite("The dense CRF loss")
struct DenseCRFLossTests {
  private var loss: DenseCRFLoss {
    var loss = DenseCRFLoss()
    loss.cellSide = 1
    loss.positionDeviation = 4
    loss.colorDeviation = 30
    return loss
  }

  private var image: SmallImage {
    var image = SmallImage.noise(classes: 3, height: 6, width: 8)
    for row in 0..<6 { image.labels[8 * row + 7] = 255 }
    return image
  }

  @Test("is near the sum over all pairs that the lattice stands for") func value() throws {
    let image = image
    let logits = try image.randomLogits()
    let p = try image.probabilities(logits)
    let all = 0..<image.pixels
    func weight(_ i: Int, _ j: Int) -> Double {
      let (position, color) = distances(image, i, j)
      return exp(-position / 32 - color / 1800)
    }
    let kernel = all.map { i in all.map { j in weight(i, j) } }
    let scale = kernel.map { row in 1 / row.reduce(0, +).squareRoot() }
    var expected = 0.0
    for i in all where image.labels[i] != 255 {
      for j in all where image.labels[j] != 255 {
        expected += kernel[i][j] * scale[i] * scale[j] * difference(p, i, j)
      }
    }
    let found = try image.result(of: loss, logits)
    #expect(abs(found.value - expected / 42).isWithin(0.03 * expected / 42), "\(found.value), \(expected / 42)")
    #expect((0..<144).filter { $0 % 8 == 7 }.allSatisfy { found.gradient[$0] == 0 })
  }

  @Test("the gradient agrees with finite differences, as far as the lattice's float32 shows them")
  func gradient() throws {
    let closeness = try image.finiteDifferences(of: loss, reach: 1e-2)
    #expect(closeness.relative.isWithin(1e-3), "\(closeness)")
  }

  @Test("the same certain answer everywhere costs next to nothing; padding alone nothing") func nothing() throws {
    let image = image
    let scores = (0..<144).map { $0 < 48 ? 50.0 : 0 }
    let certain = try Tensor(scores, [1, 3, 6, 8]).requiringGradient()
    #expect(abs(try image.result(of: loss, certain).value).isWithin(1e-5))
    var padded = image
    padded.labels = Array(repeating: 255, count: 48)
    let found = try padded.result(of: loss, padded.randomLogits())
    #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
  }
}
