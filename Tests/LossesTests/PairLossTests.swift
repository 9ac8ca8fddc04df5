import Foundation
import Losses
import Tensors
import TestSupport
import Testing

@Suite("The Potts loss")
struct PottsLossTests {
  private func loss(side: Int) -> PottsLoss {
    var loss = PottsLoss()
    loss.cellSide = side
    loss.colorDeviation = 10
    return loss
  }

  @Test("is half the squared distance of neighbours, by their colours, on cells") func value() throws {
    // Two cells of 2 x 2 pixels, of grey levels 0 and 10; a third one has a pixel of padding.
    var image = SmallImage(classes: 2, height: 2, width: 6)
    image.labels[5] = 255
    image.colors = (0..<36).map { index in index / 12 == 0 && (2...3).contains(index % 6) ? 10 : 0 }
    let row = [0.8, 0.8, 0.4, 0.4, 0.9, 0.9]
    let p = row + row
    let found = try image.result(of: loss(side: 2), image.logits([p, p.map { 1 - $0 }]))
    #expect(abs(found.value - exp(-0.5) * 0.16).isWithin(1e-12))
    #expect([4, 5, 10, 11].allSatisfy { found.gradient[$0] == 0 })
  }

  @Test("colours are those of the photograph before it was normalised") func colors() throws {
    let image = SmallImage.noise(classes: 2, height: 4, width: 4)
    let logits = try image.randomLogits()
    let values = try [0, 100].map { try loss(side: 1)(image.input(logits, photographMean: $0)).item() }
    #expect(abs(values[0] - values[1]).isWithin(1e-12))
    let (colors, found) = (image.colors, try image.input(logits, photographMean: 100).colors().doubles())
    #expect(Closeness(found, colors).worst.isWithin(1e-12))
  }

  @Test("the gradient agrees with finite differences", arguments: [1, 2]) func gradient(side: Int) throws {
    let closeness = try SmallImage.noise(classes: 3, height: 4, width: 6).finiteDifferences(of: loss(side: side))
    #expect(closeness.relative.isWithin(1e-7), "\(closeness)")
  }

  @Test("one cell, or padding alone, gives 0 with a gradient of 0") func nothing() throws {
    var padded = SmallImage(classes: 2, height: 2, width: 2)
    padded.labels = [255, 255, 255, 255]
    for (image, side) in [(SmallImage(classes: 2, height: 3, width: 3), 4), (padded, 1)] {
      let found = try image.result(of: loss(side: side), image.randomLogits())
      #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
    }
  }
}

@Suite("The self-label loss")
struct SelfLabelLossTests {
  private func loss(steps: Int, smoothness: Double = 1) -> SelfLabelLoss {
    var loss = SelfLabelLoss()
    loss.cellSide = 1
    loss.steps = steps
    loss.smoothness = smoothness
    loss.colorDeviation = 10
    return loss
  }

  @Test("without steps the labels are the answers themselves: -ln of the sum of squares") func noSteps() throws {
    let image = SmallImage(classes: 2, height: 1, width: 1)
    let found = try image.result(of: loss(steps: 0), image.logits([[0.7], [0.3]]))
    let squares = 0.49 + 0.09
    #expect(abs(found.value + log(squares)).isWithin(1e-12))
    #expect(abs(found.gradient[0] + 0.49 / squares - 0.7).isWithin(1e-12))
  }

  @Test("with many steps the labels minimise the energy that a search over a grid minimises") func minimum() throws {
    // A scribble of class 0, a cell of its colour, a darker one.
    var image = SmallImage(classes: 2, height: 1, width: 3)
    image.labels[0] = 0
    image.colors = [20, 20, 10, 0, 0, 0, 0, 0, 0]
    let p = [0.1, 0.4, 0.3]
    let w = exp(-0.5)
    func energy(_ a: Double, _ b: Double) -> Double {
      // The squared distance of two distributions over two classes is twice that of one number.
      surprise(a, b) + 1.5 * (pow(1 - a, 2) + w * pow(a - b, 2))
    }
    func surprise(_ a: Double, _ b: Double) -> Double {
      let (first, second) = (a * p[1] + (1 - a) * (1 - p[1]), b * p[2] + (1 - b) * (1 - p[2]))
      return -log(first) - log(second)
    }
    var best = (energy: Double.infinity, a: 0.0, b: 0.0)
    for i in 0...1000 {
      for j in 0...1000 {
        let (a, b) = (Double(i) / 1000, Double(j) / 1000)
        let e = energy(a, b)
        if e < best.energy { best = (e, a, b) }
      }
    }
    let found = try image.result(of: loss(steps: 3000, smoothness: 1.5), image.logits([p, p.map { 1 - $0 }]))
    let expected = surprise(best.a, best.b) / 2
    #expect(abs(found.value - expected).isWithin(1e-3), "\(found.value), \(expected)")
    #expect(found.gradient[0] == 0 && found.gradient[3] == 0)
  }

  @Test("an absent class gets no label, and padding takes no part") func absent() throws {
    var image = SmallImage(classes: 3, height: 1, width: 2)
    image.labels[1] = 255
    image.present = [1, 1, 0]
    let found = try image.result(of: loss(steps: 0), image.logits([[0.2, 0.3], [0.2, 0.3], [0.6, 0.4]]))
    #expect(abs(found.value + log(0.2)).isWithin(1e-12))
    #expect([1, 3, 5].allSatisfy { found.gradient[$0] == 0 })
  }

  @Test("certain answers of an absent class are still pulled towards those that are present") func certain() throws {
    var image = SmallImage(classes: 3, height: 1, width: 2)
    image.present = [1, 1, 0]
    let logits = try Tensor([0.0, 0, 0, 0, 900, 900], [1, 3, 1, 2]).requiringGradient()
    let found = try image.result(of: loss(steps: 5), logits)
    #expect(abs(found.value - 900).isWithin(1e-9))
    #expect(found.gradient[0] < 0 && found.gradient[4] > 0 && found.gradient.allSatisfy(\.isFinite))
  }

  @Test("is 0 where each cell is scribbled") func nothing() throws {
    var image = SmallImage(classes: 2, height: 1, width: 2)
    image.labels = [0, 1]
    let found = try image.result(of: loss(steps: 5), image.randomLogits())
    #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
  }
}
