import CRF
import Foundation
import Images
import TestSupport
import Testing

/// Noise: every pixel of its own colour and with its own probabilities.
private func noise(width: Int, height: Int, classCount: Int) -> (image: Image, probability: [Float]) {
  var generator = Xorshift()
  let count = width * height
  let pixels = (0..<count * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
  let weights = (0..<count * classCount).map { _ in Float.random(in: 0.01...1, using: &generator) }
  let sums = (0..<count).map { i in (0..<classCount).reduce(Float(0)) { $0 + weights[$1 * count + i] } }
  let probability = weights.indices.map { weights[$0] / sums[$0 % count] }
  return (Image(width: width, height: height, pixels: pixels), probability)
}

private func settings(steps: Int) -> DenseCRF.Settings {
  var settings = DenseCRF.Settings()
  settings.steps = steps
  return settings
}

/// The largest distance of a pixel's sum from 1.
private func worstSum(_ probability: [Float], classCount: Int) -> Float {
  let count = probability.count / classCount
  let sums = (0..<count).map { i in (0..<classCount).reduce(Float(0)) { $0 + probability[$1 * count + i] } }
  return sums.map { $0.isFinite ? abs($0 - 1) : .infinity }.max() ?? .infinity
}

@Suite struct DenseCRFTests {
  @Test("a photograph's probabilities agree with pydensecrf", arguments: [1, 5])
  func golden(steps: Int) throws {
    let tensors = try SafetensorsFixture(Fixture.golden("evaluation.safetensors"))
    let image = try Image(contentsOf: Fixture.golden("evaluation_image.png"))
    let probability = try tensors("crf.probability").floats
    let refined = DenseCRF(settings(steps: steps))
      .refined(probability, classCount: 4, image: image, threads: 2)
    // Both programs add up in float32, each in its own order: some hundred pixels at every point of the lattice, whose
    // roundings make ten times one. The weights of 13 enlarge them in the exponent, softmax takes a quarter of that at the
    // most, and every step adds its own.
    let roundings = 2 * 10 * Double(Float.ulpOfOne) / 2
    let tolerance = Double(steps) * 13 / 4 * roundings
    let closeness = Closeness(refined, try tensors("crf.\(steps)_steps").floats)
    print("dense CRF, \(steps) steps: \(closeness)")
    #expect(closeness.worst.isWithin(tolerance), "\(closeness)")
  }

  @Test("a kernel's weight that is wrong by a thousandth is farther from pydensecrf than roundings get")
  func mistake() throws {
    let tensors = try SafetensorsFixture(Fixture.golden("evaluation.safetensors"))
    let image = try Image(contentsOf: Fixture.golden("evaluation_image.png"))
    var settings = settings(steps: 1)
    settings.bilateralWeight *= 1.001
    let refined = DenseCRF(settings)
      .refined(try tensors("crf.probability").floats, classCount: 4, image: image, threads: 2)
    #expect(Closeness(refined, try tensors("crf.1_steps").floats).worst > 1e-5)
  }

  @Test("the result is the same bit by bit for any number of threads", arguments: [2, 3, 7, 500])
  func threads(count: Int) {
    let (image, probability) = noise(width: 61, height: 43, classCount: 21)
    let field = DenseCRF(settings(steps: 2))
    let alone = field.refined(probability, classCount: 21, image: image, threads: 1)
    #expect(field.refined(probability, classCount: 21, image: image, threads: count) == alone)
  }

  @Test("without steps the probabilities stay, clipped at 1e-5 and summing to 1")
  func noSteps() {
    let image = Image(width: 2, height: 1, pixels: [1, 2, 3, 200, 100, 50])
    let refined = DenseCRF(settings(steps: 0))
      .refined([1, 0.25, 0, 0.75], classCount: 2, image: image, threads: 1)
    let clipped = 1e-5 / (1 + 1e-5)
    let closeness = Closeness(refined.map(Double.init), [1 - clipped, 0.25, clipped, 0.75])
    #expect(closeness.worst.isWithin(1e-7), "\(closeness)")
  }

  @Test("weights of zero leave the probabilities as they are")
  func noWeights() {
    let (image, probability) = noise(width: 20, height: 10, classCount: 5)
    var settings = settings(steps: 3)
    settings.gaussianWeight = 0
    settings.bilateralWeight = 0
    let refined = DenseCRF(settings).refined(probability, classCount: 5, image: image, threads: 1)
    let closeness = Closeness(refined, probability)
    #expect(closeness.worst.isWithin(1e-6), "\(closeness)")
  }

  @Test("a pixel that no other is near hears itself alone, as worked out by hand")
  func lonePixels() {
    // Normalised symmetrically, it sends itself its own probabilities, times both weights.
    let image = Image(width: 1000, height: 1, pixels: [UInt8](repeating: 90, count: 3000))
    var settings = settings(steps: 1)
    settings.gaussianStandardDeviation = 0.1
    settings.bilateralStandardDeviation = 0.1
    let probability = (0..<2000).map { Float($0 < 1000 ? 0.6 : 0.4) }
    let refined = DenseCRF(settings).refined(probability, classCount: 2, image: image, threads: 1)
    let (a, b) = (0.6 * exp(13 * 0.6), 0.4 * exp(13 * 0.4))
    let closeness = Closeness(refined.map(Double.init), (0..<2000).map { ($0 < 1000 ? a : b) / (a + b) })
    #expect(closeness.worst.isWithin(1e-5), "\(closeness)")
  }

  @Test("one step comes close to the sum over all pairs of pixels that the lattice stands for")
  func allPairs() {
    let (width, height, classCount) = (24, 18, 3)
    let count = width * height
    var image = noise(width: width, height: height, classCount: 1).image
    image.pixels = image.pixels.enumerated().map { i, value in
      UInt8(20 + Int(value) / 32 + (i / 3 % width < width / 2 ? 0 : 90))
    }
    let probability = noise(width: width, height: height, classCount: classCount).probability
    let settings = settings(steps: 1)
    let position = (0..<count).map { [Double($0 % width), Double($0 / width)] }
    let near = position.map { $0.map { $0 / settings.gaussianStandardDeviation } }
    let alike = position.indices.map { i in
      position[i].map { $0 / settings.bilateralStandardDeviation }
        + image.pixels[3 * i..<3 * i + 3].map { Double($0) / settings.bilateralColorDeviation }
    }
    var expected = probability.map(Double.init)
    for (features, weight) in [(near, settings.gaussianWeight), (alike, settings.bilateralWeight)] {
      let kernel = features.map { a in
        features.map { b in exp(-zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / 2) }
      }
      let scale = kernel.map { 1 / $0.reduce(0, +).squareRoot() }
      for c in 0..<classCount {
        for i in 0..<count {
          let sum = (0..<count).reduce(0) { $0 + kernel[i][$1] * scale[$1] * Double(probability[c * count + $1]) }
          expected[c * count + i] *= exp(weight * scale[i] * sum)
        }
      }
    }
    let sums = (0..<count).map { i in (0..<classCount).reduce(0) { $0 + expected[$1 * count + i] } }
    let refined = DenseCRF(settings).refined(probability, classCount: classCount, image: image, threads: 1)
    let closeness = Closeness(refined.map(Double.init), expected.indices.map { expected[$0] / sums[$0 % count] })
    print("dense CRF and all pairs: \(closeness)")
    #expect(closeness.worst.isWithin(0.05), "\(closeness)")
  }

  @Test("a border moves to the edge of the photograph")
  func border() {
    // Dark on the left, light on the right of column 20; the segmentation changes at column 16.
    let (width, height, edge) = (40, 30, 20)
    let pixels = (0..<width * height).flatMap { i in [UInt8](repeating: i % width < edge ? 40 : 210, count: 3) }
    let left = (0..<width * height).map { Float($0 % width < 16 ? 0.7 : 0.3) }
    let refined = DenseCRF(settings(steps: 5)).refined(
      left + left.map { 1 - $0 }, classCount: 2, image: Image(width: width, height: height, pixels: pixels), threads: 2)
    for i in 0..<width * height { #expect((refined[i] > 0.5) == (i % width < edge), "pixel \(i): \(refined[i])") }
  }
}

@Suite struct DenseCRFExtremesTests {
  @Test(
    "any size and number of classes yields probabilities",
    arguments: [(1, 1), (1, 400), (400, 1), (33, 1), (2, 2), (64, 64)], [1, 2, 8, 9, 254])
  func sizes(size: (width: Int, height: Int), classCount: Int) {
    let (image, probability) = noise(width: size.width, height: size.height, classCount: classCount)
    let refined = DenseCRF(settings(steps: 2)).refined(probability, classCount: classCount, image: image, threads: 2)
    #expect(refined.count == probability.count)
    #expect(worstSum(refined, classCount: classCount).isWithin(1e-5))
  }

  @Test("pixels of one colour and the same probabilities keep them equal", arguments: [0, 255])
  func uniform(grey: UInt8) {
    let image = Image(width: 50, height: 40, pixels: [UInt8](repeating: grey, count: 6000))
    let refined = DenseCRF(settings(steps: 3))
      .refined([Float](repeating: 0.25, count: 8000), classCount: 4, image: image, threads: 2)
    let closeness = Closeness(refined, [Float](repeating: 0.25, count: 8000))
    #expect(closeness.worst.isWithin(1e-6), "\(closeness)")
  }

  @Test("numbers that are no probabilities are clipped", arguments: [Float.nan, -.infinity, .infinity, -1, 7])
  func noProbabilities(value: Float) {
    let (image, genuine) = noise(width: 30, height: 20, classCount: 3)
    var probability = genuine
    for i in stride(from: 0, to: probability.count, by: 7) { probability[i] = value }
    let refined = DenseCRF().refined(probability, classCount: 3, image: image, threads: 1)
    #expect(worstSum(refined, classCount: 3).isWithin(1e-5))
  }

  @Test(
    "deviations of any size yield probabilities",
    arguments: [0, -3, .nan, 1e-300, 0.1, 1e-3, 1e9, .infinity, .greatestFiniteMagnitude])
  func deviations(value: Double) {
    let (image, probability) = noise(width: 70, height: 50, classCount: 3)
    var settings = settings(steps: 2)
    settings.gaussianStandardDeviation = value
    settings.bilateralStandardDeviation = value
    settings.bilateralColorDeviation = value
    let refined = DenseCRF(settings).refined(probability, classCount: 3, image: image, threads: 2)
    #expect(worstSum(refined, classCount: 3).isWithin(1e-5))
  }

  @Test("large weights, positive or negative, yield probabilities", arguments: [1e4, -1e4])
  func weights(value: Double) {
    let (image, probability) = noise(width: 40, height: 30, classCount: 12)
    var settings = settings(steps: 2)
    settings.gaussianWeight = value
    settings.bilateralWeight = value
    let refined = DenseCRF(settings).refined(probability, classCount: 12, image: image, threads: 2)
    #expect(worstSum(refined, classCount: 12).isWithin(1e-5))
  }
}
