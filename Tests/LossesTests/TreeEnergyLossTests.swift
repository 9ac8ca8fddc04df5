import Foundation
import Losses
import Tensors
import TestSupport
import Testing

@Suite("The tree energy loss")
struct TreeEnergyLossTests {
  private func loss(features: Bool) -> TreeEnergyLoss {
    var loss = TreeEnergyLoss()
    loss.cellSide = 1
    loss.colorDeviation = 15
    loss.usesFeatures = features
    return loss
  }

  /// Two scribbled pixels, two of padding. All colours differ, so that there is one tree; features have the image's size.
  private var image: SmallImage {
    var image = SmallImage.noise(classes: 3, height: 4, width: 5)
    var generator = Xorshift()
    image.colors = image.colors.map { $0 + Double.random(in: 0...3, using: &generator) }
    image.features = ((0..<40).map { _ in Double.random(in: -1...1, using: &generator) }, [2, 4, 5])
    (image.labels[3], image.labels[12], image.labels[4], image.labels[9]) = (0, 2, 255, 255)
    return image
  }

  /// A of a tree grown from the first cell, as Prim does it: products along paths, between cells that `isInside` holds.
  private func affinities(_ image: SmallImage, _ features: [Double], scale: Double?) -> [[Double]] {
    let count = image.pixels
    func cost(_ i: Int, _ j: Int) -> Double {
      var sum = 0.0
      for start in stride(from: 0, to: features.count, by: count) {
        sum += pow(features[start + i] - features[start + j], 2)
      }
      return sum
    }
    func areNeighbours(_ i: Int, _ j: Int) -> Bool {
      abs(i / image.width - j / image.width) + abs(i % image.width - j % image.width) == 1
    }
    let inside = (0..<count).filter { image.labels[$0] != 255 }
    var reached = [inside[0]]
    var edges: [(Int, Int, Double)] = []
    while reached.count < inside.count {
      var best: (Int, Int, Double)?
      for i in reached {
        for j in inside where !reached.contains(j) && areNeighbours(i, j) {
          let cost = cost(i, j)
          if cost < best?.2 ?? .infinity { best = (i, j, cost) }
        }
      }
      guard let best else { break }
      edges.append(best)
      reached.append(best.1)
    }
    let divisor = scale ?? edges.map(\.2).reduce(0, +) / Double(edges.count)
    var a = (0..<count).map { i in (0..<count).map { $0 == i ? 1.0 : 0 } }
    // Each edge joins one more cell to those before it.
    for (index, edge) in edges.enumerated() {
      let near = exp(-edge.2 / divisor)
      for other in [inside[0]] + edges[..<index].map(\.1) {
        a[edge.1][other] = near * a[edge.0][other]
        a[other][edge.1] = a[edge.1][other]
      }
    }
    return a
  }

  @Test("is the mean distance to the means along the trees, at unlabelled cells", arguments: [false, true])
  func value(features: Bool) throws {
    let image = image
    let logits = try image.randomLogits()
    let p = try image.probabilities(logits)
    func means(_ x: [Double], _ a: [[Double]]) -> [Double] {
      a.map { row in
        let products = zip(row, x).map { $0 * $1 }
        return products.reduce(0, +) / row.reduce(0, +)
      }
    }
    let low = affinities(image, image.colors, scale: 450)
    // Features are taken in float32.
    let high = affinities(image, image.features.values.map { Double(Float($0)) }, scale: nil)
    var expected = 0.0
    for plane in p {
      let mean = features ? means(means(plane, low), high) : means(plane, low)
      for pixel in 0..<20 where image.labels[pixel] == 3 { expected += abs(plane[pixel] - mean[pixel]) }
    }
    let found = try image.result(of: loss(features: features), logits).value
    #expect(abs(found - expected / 16).isWithin(1e-12), "\(found), \(expected / 16)")
  }

  @Test("the gradient agrees with finite differences", arguments: [false, true]) func gradient(features: Bool) throws {
    let closeness = try image.finiteDifferences(of: loss(features: features), reach: 1e-7)
    #expect(closeness.relative.isWithin(1e-6), "\(closeness)")
  }

  @Test("is computed on cells, with features of the decoder's size") func cells() throws {
    var image = SmallImage.noise(classes: 2, height: 9, width: 13)
    image.labels[0] = 1
    var loss = loss(features: true)
    loss.cellSide = 4
    let closeness = try image.finiteDifferences(of: loss, reach: 1e-7)
    #expect(closeness.relative.isWithin(1e-6), "\(closeness)")
  }

  @Test("is 0 where all is labelled or padding, and where all answers are alike") func nothing() throws {
    var full = image
    full.labels = full.labels.map { $0 == 255 ? 255 : 1 }
    var padded = image
    padded.labels = Array(repeating: 255, count: 20)
    for image in [full, padded] {
      let found = try image.result(of: loss(features: true), image.randomLogits())
      #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
    }
    let alike = try Tensor.zeros([1, 3, 4, 5], .float64).requiringGradient()
    #expect(abs(try image.result(of: loss(features: true), alike).value).isWithin(1e-12))
  }
}
