import Foundation
import Images
import Losses
import Tensors
import TestNetworks
import TestSupport

/// An image of hand size as losses see it. Nothing is labelled, all classes are present and it is black unless said otherwise.
struct SmallImage {
  let classes: Int
  let height: Int
  let width: Int
  /// `[H, W]`
  var labels: [Int64]
  /// `[C]`
  var present: [Double]
  /// Grey levels, `[3, H, W]`.
  var colors: [Double]
  /// `[D, h, w]`
  var features: (values: [Double], shape: [Int])
  /// Images of the batch.
  var batchSize = 1

  init(classes: Int, height: Int, width: Int) {
    self.classes = classes
    self.height = height
    self.width = width
    labels = Array(repeating: Int64(classes), count: height * width)
    present = Array(repeating: 1, count: classes)
    colors = Array(repeating: 0, count: 3 * height * width)
    features = ([0], [1, 1, 1])
  }

  /// With colours from few grey levels, so that some are alike, and random features of the decoder's size.
  static func noise(classes: Int, height: Int, width: Int) -> SmallImage {
    var generator = Xorshift()
    var image = SmallImage(classes: classes, height: height, width: width)
    image.colors = image.colors.map { _ in Double(Int.random(in: 0...4, using: &generator) * 10) }
    let shape = [2, (height + 3) / 4, (width + 3) / 4]
    image.features = ((0..<shape.reduce(1, *)).map { _ in Double.random(in: -1...1, using: &generator) }, shape)
    return image
  }

  var pixels: Int { height * width }

  func input(_ logits: Tensor, photographMean: Float = 0, taught: Tensor? = nil) throws -> LossInput {
    let labels = try Tensor(labels, [1, height, width])
    let one = try Tensor.filled(1, [classes + 1], .float64)
    return LossInput(
      logits: logits, scribbleLogits: logits, teacherLogits: taught,
      photograph: try Tensor(colors.map { ($0 - Double(photographMean)) / 2 }, [1, 3, height, width]),
      features: try Tensor(features.values, [1] + features.shape), labels: labels,
      classPresent: try Tensor(present, [1, classes, 1, 1]),
      batch: LossBatch(
        images: batchSize, scribbleClassWeight: one, scribbleWeight: try Tensor([1.0], []),
        labelCounts: LabelCounts(of: labels, classCount: classes),
        normalization: ChannelNormalization(
          mean: [photographMean, photographMean, photographMean], deviation: [2, 2, 2])))
  }

  /// Logits of these probabilities, `[C][H * W]`.
  func logits(_ probabilities: [[Double]]) throws -> Tensor {
    try Tensor(probabilities.flatMap { $0 }.map { log($0) }, [1, classes, height, width]).requiringGradient()
  }

  func randomLogits(seed: UInt64 = 5) throws -> Tensor {
    try Tensor.normal([1, classes, height, width], .float64, Generator(seed: seed)).requiringGradient()
  }

  /// The probabilities of logits, `[C][H * W]`.
  func probabilities(_ logits: Tensor) throws -> [[Double]] {
    let values = try withoutGradient { try logits.softmax(1).doubles() }
    return (0..<classes).map { Array(values[$0 * pixels..<($0 + 1) * pixels]) }
  }

  /// The loss's value for these logits, and its gradient.
  func result(of loss: some Loss, _ logits: Tensor) throws -> (value: Double, gradient: [Double]) {
    let value = try loss(input(logits))
    logits.clearGradient()
    try value.backward()
    return (try value.item(), try logits.gradient?.doubles() ?? [])
  }

  /// A loss's gradient for random logits beside finite differences.
  func finiteDifferences(of loss: some Loss, reach: Double = 1e-6) throws -> Closeness {
    let logits = try randomLogits()
    let numbers = try withoutGradient { try logits.doubles() }
    let gradient = try result(of: loss, logits).gradient
    func value(_ numbers: [Double]) throws -> Double { try loss(input(Tensor(numbers, logits.shape))).item() }
    let numeric = try numbers.indices.map { index in
      var (above, below) = (numbers, numbers)
      above[index] += reach
      below[index] -= reach
      return try (value(above) - value(below)) / (2 * reach)
    }
    return Closeness(gradient, numeric)
  }
}
