import Fitting
import Images
import Networks
import Tensors
import Testing

@Suite("A head that is fitted to frozen features")
struct HeadFittingTests {
  private var configuration: FittingConfiguration {
    var configuration = FittingConfiguration()
    (configuration.batch, configuration.refitBatch, configuration.refitSteps) = (64, 64, 100)
    configuration.mirror = false
    return configuration
  }

  /// A picture of two halves, and strokes along the middle of each.
  private func example(_ left: Color, _ right: Color, labels: (UInt8, UInt8)) -> (image: Image, strokes: LabelMap) {
    let (width, height) = (64, 48)
    var pixels: [UInt8] = []
    var strokes = LabelMap(width: width, height: height, filledWith: Label.ignored)
    for row in 0..<height {
      for column in 0..<width {
        let color = column < width / 2 ? left : right
        pixels += [color.red, color.green, color.blue]
        if row == height / 2, column % 8 == 4 {
          strokes.labels[row * width + column] = column < width / 2 ? labels.0 : labels.1
        }
      }
    }
    return (Image(width: width, height: height, pixels: pixels), strokes)
  }

  private static let red = Color(220, 30, 30)
  private static let green = Color(30, 200, 40)
  private static let blue = Color(20, 40, 230)

  /// The share of an example's positions, about its strokes and away from the border of its halves, that get the labels
  /// of the strokes.
  private func share(_ source: FeatureSource, _ image: Image, labels: (UInt8, UInt8)) throws -> Double {
    let scores = try source.scores(of: source.features(of: image)).scores
    let (height, width) = (scores.shape[2], scores.shape[3])
    let found = try scores.argmax(1).int64s()
    var (right, all) = (0, 0)
    for (index, label) in found.enumerated() {
      let (row, column) = (index / width, index % width)
      guard abs(2 * row + 1 - height) <= 2, abs(2 * column + 1 - width) > width / 4 else { continue }
      right += label == Int64(column < width / 2 ? labels.0 : labels.1) ? 1 : 0
      all += 1
    }
    #expect(all >= width)
    return Double(right) / Double(all)
  }

  @Test("learns two colours, and its losses fall") func learns() throws {
    let network = try freshNetwork()
    let (image, strokes) = example(Self.red, Self.blue, labels: (0, 1))
    let fitting = try HeadFitting(network, configuration)
    let source = try FeatureSource(network)
    try fitting.setStrokes(strokes, of: "a", on: source.features(of: image))
    #expect(fitting.photographCount == 1)
    #expect(fitting.isScribbled == [true, true, false])
    var losses: [HeadFitting.Losses] = []
    try fitting.fit(steps: 60) { _, values in
      losses.append(try values())
      return true
    }
    let (first, last) = (try #require(losses.first), try #require(losses.last))
    #expect(last.scribbles < first.scribbles / 4)
    #expect(last.absent < first.absent / 4)
    // All that one photograph tells of tags is their bias.
    #expect(last.tags < first.tags)
    #expect(try share(source, image, labels: (0, 1)) == 1)
  }

  @Test("a refit learns new strokes and keeps what was learnt") func refit() throws {
    let network = try freshNetwork()
    let (first, second) = (
      example(Self.red, Self.blue, labels: (0, 1)), example(Self.green, Self.red, labels: (2, 0))
    )
    let fitting = try HeadFitting(network, configuration)
    let source = try FeatureSource(network)
    let other = example(Self.blue, Self.red, labels: (1, 0))
    try fitting.setStrokes(first.strokes, of: "a", on: source.features(of: first.image))
    try fitting.setStrokes(other.strokes, of: "c", on: source.features(of: other.image))
    try fitting.fit(steps: 60)
    #expect(try share(source, second.image, labels: (2, 0)) < 0.6)
    try fitting.setStrokes(second.strokes, of: "b", on: source.features(of: second.image))
    try fitting.refit()
    #expect(fitting.stepCount == 160)
    #expect(try share(source, first.image, labels: (0, 1)) > 0.95)
    #expect(try share(source, second.image, labels: (2, 0)) > 0.95)
  }

  @Test("strokes that are set again take the place of the old ones") func replaced() throws {
    let network = try freshNetwork()
    let (old, new) = (example(Self.red, Self.blue, labels: (0, 2)), example(Self.red, Self.blue, labels: (0, 1)))
    let fitting = try HeadFitting(network, configuration)
    let source = try FeatureSource(network)
    let features = try source.features(of: old.image)
    try fitting.setStrokes(old.strokes, of: "a", on: features)
    try fitting.fit(steps: 40)
    try fitting.setStrokes(new.strokes, of: "a", on: features)
    #expect(fitting.photographCount == 1)
    #expect(fitting.isScribbled == [true, true, false])
    try fitting.fit(steps: 200)
    #expect(try share(source, old.image, labels: (0, 1)) > 0.95)
    fitting.removeStrokes(of: "a")
    #expect(fitting.photographCount == 0)
  }

  @Test("learns from narrowed features as from exact ones") func narrowed() throws {
    let network = try freshNetwork()
    let (image, strokes) = example(Self.red, Self.blue, labels: (0, 1))
    let fitting = try HeadFitting(network, configuration)
    let source = try FeatureSource(network)
    try fitting.setStrokes(strokes, of: "a", on: source.features(of: image).narrowed())
    try fitting.fit(steps: 60)
    #expect(try share(source, image, labels: (0, 1)) == 1)
  }

  @Test("the same seed fits the same head, with mirror images too") func repeats() throws {
    func fitted() throws -> [[UInt8]] {
      let network = try freshNetwork()
      var configuration = configuration
      configuration.mirror = true
      let (image, strokes) = example(Self.red, Self.blue, labels: (0, 1))
      let fitting = try HeadFitting(network, configuration, seed: 5)
      let source = try FeatureSource(network)
      try fitting.setStrokes(
        strokes, of: "a", on: source.features(of: image), mirrored: source.features(of: image, mirrored: true))
      try fitting.fit(steps: 10)
      // Strokes lie on the same colours in the mirror image.
      try fitting.fit(steps: 50)
      #expect(try share(source, example(Self.blue, Self.red, labels: (1, 0)).image, labels: (1, 0)) > 0.95)
      return try network.fitted.map { try $0.tensor.bytes() }
    }
    #expect(try fitted() == fitted())
  }

  @Test("only the head and the classifier of tags are fitted") func fitted() throws {
    let network = try freshNetwork()
    func backbone() throws -> [[UInt8]] {
      try network.store.entries.filter { $0.name.hasPrefix("backbone.") }.map { try $0.tensor.bytes() }
    }
    let before = try backbone()
    let (image, strokes) = example(Self.red, Self.blue, labels: (0, 1))
    let fitting = try HeadFitting(network, configuration)
    try fitting.setStrokes(strokes, of: "a", on: FeatureSource(network).features(of: image))
    try fitting.fit(steps: 3)
    #expect(try backbone() == before)
    #expect(Set(network.fitted.map { $0.name.prefix { $0 != "." } }) == ["head", "tags"])
  }

  @Test("the memory of samples grows with photographs, views, classes and scales") func memory() {
    var configuration = FittingConfiguration()
    let mirrored = configuration.byteCount(photographs: 600, channels: 2864, classes: 21)
    // 350 samples of two views, two bytes for each channel.
    #expect(mirrored == 600 * 2 * 350 * 2864 * 2)
    configuration.mirror = false
    #expect(configuration.byteCount(photographs: 600, channels: 2864, classes: 21) * 2 == mirrored)
    configuration.absentWeight = 0
    #expect(configuration.byteCount(photographs: 1, channels: 10, classes: 2) == 200 * 10 * 2)
  }

  @Test("photographs without strokes are left out") func empty() throws {
    let network = try freshNetwork()
    let image = example(Self.red, Self.blue, labels: (0, 1)).image
    let fitting = try HeadFitting(network, configuration)
    let nothing = LabelMap(width: image.width, height: image.height, filledWith: Label.ignored)
    try fitting.setStrokes(nothing, of: "a", on: FeatureSource(network).features(of: image))
    #expect(fitting.photographCount == 0)
  }
}
