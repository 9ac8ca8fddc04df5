import Batches
import Images
import Layers
import Networks
import Prediction
import Tensors
import TestNetworks
import TestSupport
import Testing

@Suite("A photograph predicted in strips")
struct StripPredictionTests {
  /// Of probabilities in float32.
  static let tolerance = 1e-4

  private func network() throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: .efficientNetLite0, classCount: 4, decoderWidth: 8)
    let network = try BLPSeg(configuration, ParameterStore())
    // Fresh weights make scores of thousands, which saturate every probability.
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    return network
  }

  /// Both predictors of a network, the second one working in the smallest strips there are.
  private func predictors(_ views: Views) throws -> (whole: Predictor, strips: Predictor) {
    let whole = try Predictor(network(), views: views)
    var strips = whole
    strips.stripArea = 1
    return (whole, strips)
  }

  /// Sides that are no multiples of 4; views of it have odd sides too.
  private func photograph() throws -> Image {
    let whole = try Image(contentsOf: Fixture.golden("evaluation_image.png")).resizedCubic(by: 2.2)
    #expect(whole.width % 4 != 0 && whole.height % 4 != 0 && whole.height > 4 * 4 * 16)
    return whole
  }

  @Test(
    "has the probabilities and the labels of one that is predicted whole",
    arguments: [Views.single, Views(scales: [1], mirror: true), .published])
  func probability(views: Views) throws {
    let (whole, strips) = try predictors(views)
    let photograph = try photograph()
    let (expected, found) = (try whole(photograph), try strips(photograph))
    let closeness = try Closeness(found.probability(), expected.probability())
    print("\(views.count) views of \(photograph.width) x \(photograph.height): \(closeness)")
    #expect(closeness.worst.isWithin(Self.tolerance), "\(closeness)")
    let logits = try Closeness(found.logits(), expected.logits())
    #expect(logits.relative.isWithin(Self.tolerance), "\(logits)")
    let labels = (try found.labels(), try expected.labels())
    let differing = zip(labels.0.labels, labels.1.labels).count { $0 != $1 }
    // Classes that are as probable as each other to float32's precision may change places.
    #expect(differing <= labels.0.labels.count / 10_000, "\(differing) labels differ")
    #expect(Set(labels.0.labels).count > 1)
  }

  @Test("has the annotation probability of one that is predicted whole")
  func annotationProbability() throws {
    let (whole, strips) = try predictors(.single)
    let photograph = try photograph()
    func probability(_ predictor: Predictor) throws -> [Float] {
      try #require(try predictor.withAnnotationProbability(photograph).annotationProbability)
    }
    let expected = try probability(whole)
    let closeness = Closeness(try probability(strips), expected)
    #expect(expected.count == photograph.width * photograph.height)
    #expect(closeness.worst.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("with 16-bit convolutions is near the exact one")
  func autocast() throws {
    let whole = try predictors(.single).whole
    var rounded = try Predictor(network(), views: .single, autocastType: .bfloat16)
    rounded.stripArea = 1
    let photograph = try photograph()
    let found = try rounded(photograph).logits()
    #expect(found.type == .float32)
    let closeness = try Closeness(found, whole(photograph).logits())
    #expect(closeness.relative.isWithin(0.05), "\(closeness)")
  }
}
