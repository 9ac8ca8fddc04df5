import Foundation
import Losses
import Tensors
import TestSupport
import Testing

@Suite("The absent-class loss")
struct AbsentClassLossTests {
  /// Three classes of which the second is absent; the third pixel is padding.
  private var image: SmallImage {
    var image = SmallImage(classes: 3, height: 1, width: 3)
    image.labels = [0, 3, 255]
    image.present = [1, 0, 1]
    return image
  }

  @Test("is the mean of -log of the present classes' probability over all pixels but padding") func value() throws {
    let logits = try image.logits([[0.5, 0.2, 0.1], [0.2, 0.7, 0.8], [0.3, 0.1, 0.1]])
    let found = try image.result(of: AbsentClassLoss(), logits)
    #expect(abs(found.value + (log(0.8) + log(0.3)) / 2).isWithin(1e-12))
    #expect(found.gradient[2] == 0 && found.gradient[5] == 0 && found.gradient[8] == 0)
  }

  @Test("is 0 with a gradient of 0 where all classes are present, or all pixels are padding") func nothing() throws {
    var full = image
    full.present = [1, 1, 1]
    var padded = image
    padded.labels = [255, 255, 255]
    for image in [full, padded] {
      let found = try image.result(of: AbsentClassLoss(), image.randomLogits())
      #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
    }
  }

  @Test("the gradient agrees with finite differences, and images of a batch share it") func gradient() throws {
    let closeness = try image.finiteDifferences(of: AbsentClassLoss())
    #expect(closeness.relative.isWithin(1e-8), "\(closeness)")
    var half = image
    half.batchSize = 2
    let whole = try image.result(of: AbsentClassLoss(), image.randomLogits()).value
    #expect(try half.result(of: AbsentClassLoss(), half.randomLogits()).value == whole / 2)
  }
}

@Suite("The entropy loss")
struct EntropyLossTests {
  @Test("is the mean entropy of the unlabelled pixels") func value() throws {
    var image = SmallImage(classes: 2, height: 1, width: 4)
    image.labels = [2, 2, 0, 255]
    let p = [0.5, 0.2, 0.3, 0.3]
    let found = try image.result(of: EntropyLoss(), image.logits([p, p.map { 1 - $0 }]))
    let expected = (log(2) - 0.2 * log(0.2) - 0.8 * log(0.8)) / 2
    #expect(abs(found.value - expected).isWithin(1e-12))
    #expect(found.gradient[2] == 0 && found.gradient[3] == 0)
    let closeness = try image.finiteDifferences(of: EntropyLoss())
    #expect(closeness.relative.isWithin(1e-8), "\(closeness)")
  }

  @Test("is 0 where everything is labelled") func nothing() throws {
    var image = SmallImage(classes: 2, height: 1, width: 2)
    image.labels = [0, 255]
    let found = try image.result(of: EntropyLoss(), image.randomLogits())
    #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
  }
}

@Suite("The tag loss")
struct TagLossTests {
  /// Four classes and three pixels, the last one padding: class 0 is in the crop, 1 is absent, 2 is elsewhere on the photograph,
  /// and nothing is known of 3 either.
  private var image: SmallImage {
    var image = SmallImage(classes: 4, height: 1, width: 3)
    image.labels = [0, 4, 255]
    image.present = [1, 0, 1, 1]
    return image
  }
  private let scores = [1, 3, 9, 2, -1, 9, 5, 5, 9, 7, 7, 9.0]

  private func loss(_ sharpness: Double) -> TagLoss {
    var loss = TagLoss()
    loss.sharpness = sharpness
    return loss
  }

  @Test("classifies the image by its pooled scores", arguments: [0, 1, 5.0]) func value(sharpness r: Double) throws {
    func pooled(_ a: Double, _ b: Double) -> Double { r == 0 ? (a + b) / 2 : log((exp(r * a) + exp(r * b)) / 2) / r }
    let (there, absent) = (pooled(1, 3), pooled(2, -1))
    let expected = (log(1 + exp(-there)) + log(1 + exp(absent))) / 2
    let logits = try Tensor(scores, [1, 4, 1, 3]).requiringGradient()
    let found = try image.result(of: loss(r), logits)
    #expect(abs(found.value - expected).isWithin(1e-12))
    #expect(found.gradient[0] < 0 && found.gradient[3] > 0)
    #expect(([2, 5] + (6..<12)).allSatisfy { found.gradient[$0] == 0 })
  }

  @Test("the gradient agrees with finite differences", arguments: [0, 5.0]) func gradient(sharpness: Double) throws {
    let closeness = try image.finiteDifferences(of: loss(sharpness))
    #expect(closeness.relative.isWithin(1e-8), "\(closeness)")
  }

  @Test("is 0 for padding alone, and where nothing is known") func nothing() throws {
    var padded = image
    padded.labels = [255, 255, 255]
    var unknown = image
    unknown.labels = [4, 4, 255]
    unknown.present = [1, 1, 1, 1]
    for image in [padded, unknown] {
      let found = try image.result(of: TagLoss(), image.randomLogits())
      #expect(found.value == 0 && found.gradient.allSatisfy { $0 == 0 })
    }
  }
}
