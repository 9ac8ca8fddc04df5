import Batches
import CRF
import Images
import Layers
import Networks
import Prediction
import Tensors
import TestImages
import TestNetworks
import TestSupport
import Testing

@Suite("The predictor")
struct PredictorTests {
  /// Relative to the largest magnitude, in float32.
  static let tolerance = 1e-5

  private func network(_ backbone: BackboneDescription = .resnet18) throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: backbone, classCount: 4, decoderWidth: 8)
    let network = try BLPSeg(configuration, ParameterStore())
    // Fresh weights make scores of thousands, which saturate every probability.
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    return network
  }

  /// The upper left corner of a photograph, with sides that are no multiple of 4.
  private func photograph(_ width: Int = 61, _ height: Int = 47) throws -> Image {
    let whole = try Image(contentsOf: Fixture.golden("evaluation_image.png"))
    let rows = (0..<height).flatMap { row in
      whole.pixels[row * whole.width * 3..<(row * whole.width + width) * 3]
    }
    return Image(width: width, height: height, pixels: rows)
  }

  @Test(
    "with a single view gives what the network gives",
    arguments: [BackboneDescription.resnet18, .efficientNetLite0])
  func singleView(backbone: BackboneDescription) throws {
    let (network, image) = (try network(backbone), try photograph())
    let prediction = try Predictor(network, views: .single)(image)
    let input = try backbone.normalization.tensor(from: image)
    let expected = try withInference { try network.folded()(input).logits() }
    #expect(try prediction.logits().shape == [4, 47, 61])
    #expect(try prediction.logits().floats() == expected.floats())
    let labels = try prediction.labels()
    #expect((labels.width, labels.height) == (61, 47))
    #expect(try labels.labels.map(Int64.init) == expected.argmax(1).int64s())
  }

  @Test("takes a network for prediction as it is")
  func inference() throws {
    let (network, image) = (try network(), try photograph())
    let expected = try Predictor(network, views: .single)(image).logits()
    #expect(try Predictor(network.folded(), views: .single)(image).logits().floats() == expected.floats())
    let closeness = try Closeness(Predictor(network.inference, views: .single)(image).logits(), expected)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("adds the mirror image of the mirrored photograph's logits")
  func mirror() throws {
    let (network, image) = (try network(), try photograph())
    let predictor = try Predictor(network, views: .single)
    let (seen, mirrored) = (try predictor(image).logits(), try predictor(image.mirrored()).logits())
    let expected = try (seen + mirrored.flipped([2])) / 2
    let found = try Predictor(network, views: Views(scales: [1], mirror: true))(image).logits()
    let closeness = try Closeness(found, expected)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test(
    "a view and its mirror image in one batch have the logits that each has alone",
    arguments: [BackboneDescription.resnet18, .efficientNetLite0])
  func pairs(backbone: BackboneDescription) throws {
    let (network, image) = (try network(backbone), try photograph())
    let views = Views(scales: [1, 0.5], mirror: true)
    let expected = try Predictor(network, views: views)(image).logits()
    var predictor = try Predictor(network, views: views)
    #expect(!predictor.pairsMirrorImages)
    predictor.pairsMirrorImages = true
    let found = try predictor(image).logits()
    let closeness = try Closeness(found, expected)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
    // One that is more than a strip comes alone, and is the very same.
    predictor.stripArea = 61 * 47 - 1
    var alone = try Predictor(network, views: views)
    alone.stripArea = predictor.stripArea
    let large = PredictionRecipe(Views(scales: [1], mirror: true))
    #expect(try predictor(image, [large])[0].logits().floats() == alone(image, [large])[0].logits().floats())
  }

  @Test("averages over the scales, each seen alone")
  func scales() throws {
    let (network, image) = (try network(), try photograph())
    func logits(_ scales: [Double]) throws -> Tensor {
      try Predictor(network, views: Views(scales: scales, mirror: false))(image).logits()
    }
    let expected = try (logits([0.5]) + logits([1.25])) / 2
    let closeness = try Closeness(try logits([0.5, 1.25]), expected)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("a scale that is named twice weighs twice")
  func weightedScales() throws {
    let (network, image) = (try network(), try photograph())
    func logits(_ scales: [Double]) throws -> Tensor {
      try Predictor(network, views: Views(scales: scales, mirror: false))(image).logits()
    }
    let expected = try (logits([1]) * 2 + logits([0.5])) / 3
    let closeness = try Closeness(try logits([1, 0.5, 1]), expected)
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("several recipes in one pass give what each gives alone")
  func recipes() throws {
    let (network, image) = (try network(), try photograph())
    let all = [Views(scales: [1, 0.5], mirror: true), .single, Views(scales: [0.75, 1], mirror: false)]
    let together = try Predictor(network)(image, all.map { PredictionRecipe($0) })
    #expect(together.count == all.count)
    for (views, prediction) in zip(all, together) {
      let closeness = try Closeness(prediction.logits(), Predictor(network, views: views)(image).logits())
      #expect(closeness.relative.isWithin(Self.tolerance), "\(views): \(closeness)")
    }
  }

  @Test("the dense CRF refines the probabilities between softmax and argmax, and leaves the logits")
  func crf() throws {
    let (network, image) = (try network(), try photograph())
    let means = try Predictor(network, views: .single)(image).logits().sum([1, 2]) / Double(-47 * 61)
    try withoutGradient { try network.store["seg_head.4.bias"]?.add(means) }
    let plain = try Predictor(network, views: .single)(image)
    var settings = DenseCRF.Settings()
    settings.steps = 2
    let refined = try Predictor(network, views: .single, crf: settings)(image)
    #expect(try refined.logits().floats() == plain.logits().floats())
    let expected = DenseCRF(settings).refined(
      try plain.probability().floats(), classCount: 4, image: image, threads: 1)
    let closeness = Closeness(try refined.probability().floats(), expected)
    #expect(closeness.worst.isWithin(Self.tolerance), "\(closeness)")
    #expect(try refined.labels().labels.map(Int64.init) == refined.probability().argmax(0).int64s())
    let sums = try Closeness(try refined.probability().sum([0]), [Double](repeating: 1, count: 47 * 61))
    #expect(sums.worst.isWithin(Self.tolerance), "\(sums)")
  }

  @Test("gives mirrored labels for a mirrored photograph")
  func mirroredLabels() throws {
    // Even sides: an odd one, halved and rounded, is not resized symmetrically.
    let (network, image) = (try network(), try photograph(120, 90))
    let views = Views(scales: [0.5, 1], mirror: true)
    // Equal means, so that every class has a chance.
    let means = try Predictor(network, views: views)(image).logits().sum([1, 2]) / Double(-120 * 90)
    try withoutGradient { try network.store["seg_head.4.bias"]?.add(means) }
    let predictor = try Predictor(network, views: views)
    let (straight, mirrored) = (try predictor(image), try predictor(image.mirrored()))
    let closeness = try Closeness(try mirrored.logits().flipped([2]), straight.logits())
    #expect(closeness.relative.isWithin(Self.tolerance), "\(closeness)")
    #expect(try mirrored.labels().mirrored() == straight.labels())
    #expect(try Set(straight.labels().labels).count > 1)
  }

  @Test("probabilities are from 0 to 1 and sum to 1 at each pixel")
  func probability() throws {
    let probability = try Predictor(network(), views: .single)(photograph()).probability()
    #expect(probability.shape == [4, 47, 61])
    #expect(try probability.floats().allSatisfy { 0...1 ~= $0 })
    let sums = try Closeness(try probability.sum([0]), [Double](repeating: 1, count: 47 * 61))
    #expect(sums.worst.isWithin(Self.tolerance), "\(sums)")
  }

  @Test("the annotation probability is one less that of no scribble, a number for each pixel")
  func annotationProbability() throws {
    let (network, image) = (try network(), try photograph())
    let (prediction, probability) = try Predictor(network).withAnnotationProbability(image)
    let found = try #require(probability)
    // The same pass predicts a single view.
    #expect(try prediction.logits().floats() == Predictor(network, views: .single)(image).logits().floats())
    #expect(found.count == 47 * 61)
    #expect(found.allSatisfy { 0...1 ~= $0 })
    #expect(Set(found).count > 1)
    let input = try network.architecture.normalization.tensor(from: image)
    let scores = try withInference { try network(input, .evaluation).scribbleLogits().softmax(1) }
    let expected = try scores.sliced(1, 0, 4).sum([1])
    let closeness = try Closeness(found, expected.floats())
    #expect(closeness.worst.isWithin(Self.tolerance), "\(closeness)")
  }

  @Test("photographs smaller than a cell of the coarsest grid are predicted too", arguments: [(1, 1), (3, 2), (33, 1)])
  func tiny(width: Int, height: Int) throws {
    let prediction = try Predictor(network(), views: .published)(photograph(width, height))
    #expect(try prediction.logits().shape == [4, height, width])
    #expect(try prediction.logits().isFinite().all().item() == 1)
  }

  @Test("under autocast gives finite float32 logits near the exact ones")
  func autocast() throws {
    let (network, image) = (try network(), try photograph())
    let exact = try Predictor(network, views: .single)(image).logits()
    let found = try Predictor(network, views: .single, autocastType: .bfloat16)(image).logits()
    #expect(found.type == .float32)
    let closeness = try Closeness(found, exact)
    #expect(closeness.relative > 0 && closeness.relative.isWithin(0.05), "\(closeness)")
  }

  @Test("scores that are not finite have no labels, with and without a dense CRF", arguments: [Float.nan, .infinity])
  func nonFinite(value: Float) throws {
    let network = try network()
    try withoutGradient { try network.store["seg_head.4.bias"]?.copy(from: Tensor([0, value, 0, 0], [4])) }
    let predictor = try Predictor(network, views: .single)
    let image = try photograph()
    #expect(throws: NonFiniteScores()) { try predictor(image).labels() }
    let refined = PredictionRecipe(.single, crf: DenseCRF.Settings())
    #expect(throws: NonFiniteScores()) { try predictor(image, [refined])[0].labels() }
  }

  @Test("eight views are published, and a single one has no mirror image")
  func counts() {
    #expect(Views.published.count == 8)
    #expect(Views.published.scales == [0.5, 0.75, 1, 1.25])
    #expect(Views.single.count == 1)
  }

  @Test("a backbone's normalisation is the one it was trained with")
  func normalization() {
    for backbone in Backbones.all {
      let centred = ChannelNormalization(mean: [127, 127, 127], deviation: [128, 128, 128])
      let expected = backbone.name.hasPrefix("efficientnet") ? centred : ChannelNormalization.imageNet
      #expect(backbone.normalization == expected, "\(backbone)")
    }
  }
}

@Suite("Photographs above the largest side")
struct ReducedPredictionTests {
  private static let maxSide = 64

  private func network() throws -> BLPSeg {
    let configuration = BLPSegConfiguration(backbone: .resnet18, classCount: 4, decoderWidth: 8)
    let network = try BLPSeg(configuration, ParameterStore())
    try GoldenWeights.fill(network.store.entries.map { ($0.name, $0.tensor) })
    return network
  }

  /// The golden photograph, enlarged.
  private func photograph() throws -> Image {
    try Image(contentsOf: Fixture.golden("evaluation_image.png")).resizedCubic(by: 1.3)
  }

  @Test("results have the photograph's size, and are those of the reduced one resized")
  func size() throws {
    let (network, large) = (try network(), try photograph())
    let small = large.reduced(toSide: Self.maxSide)
    #expect(max(small.width, small.height) == Self.maxSide)
    let views = Views(scales: [1, 0.5], mirror: true)
    let found = try Predictor(network, views: views, maxSide: Self.maxSide)(large)
    let expected = try Predictor(network, views: views)(small)
    #expect((found.width, found.height) == (large.width, large.height))
    let logits = try found.logits()
    #expect(logits.shape == [4, large.height, large.width])
    // The corners of the reduced photograph are the corners of the large one.
    let (from, to) = (try expected.logits().floats(), try logits.floats())
    let ends = [(0, 0), (from.count - 1, to.count - 1)]
    for (a, b) in ends { #expect(abs(from[a] - to[b]) <= 1e-3 * max(1, abs(from[a]))) }
    let labels = try found.labels()
    #expect(try labels.labels.map(Int64.init) == logits.argmax(0).int64s())
  }

  @Test("the dense CRF refines what the network saw, and its probabilities are resized") func crf() throws {
    let (network, large) = (try network(), try photograph())
    let predictor = try Predictor(network, views: .single, crf: .init(), maxSide: Self.maxSide)
    let probability = try predictor(large).probability()
    #expect(probability.shape == [4, large.height, large.width])
    let sums = try Closeness(probability.sum([0]), [Double](repeating: 1, count: large.width * large.height))
    #expect(sums.worst < 1e-4, "\(sums)")
    #expect(try predictor(large).labels().labels.map(Int64.init) == probability.argmax(0).int64s())
  }

  @Test("a photograph that is small enough is predicted as without a limit") func small() throws {
    let (network, image) = (try network(), try photograph().reduced(toSide: Self.maxSide))
    let limited = try Predictor(network, maxSide: Self.maxSide)(image).logits()
    #expect(try limited.floats() == Predictor(network)(image).logits().floats())
  }
}
