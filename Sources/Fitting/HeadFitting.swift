import Batches
import Foundation
import Images
import Layers
import Networks
import Tensors
import Training

/// Fits the head of a network of frozen features to strokes, and again when strokes are added.
///
/// Features are computed outside, once per photograph. To be used from one thread.
public final class HeadFitting {
  /// The losses of a step, before its update.
  public struct Losses: Sendable, Equatable {
    /// Cross entropy of the drawn scribbled pixels.
    public var scribbles = 0.0
    /// Minus the log-probability that unlabelled pixels have a class of their photograph, with its weight.
    public var absent = 0.0
    /// Binary cross entropy of the classes of photographs.
    public var tags = 0.0
  }

  /// What is known of a photograph.
  private struct Photograph {
    /// Which classes are scribbled on it.
    let isScribbled: [Bool]
    /// Pooled features of its views, `[1, D]` each.
    var pooled: [Tensor] = []

    /// Whether it may have a class somewhere: the background always.
    var mayHave: [Bool] { [true] + isScribbled.dropFirst() }
  }

  /// Scribbled pixels per unlabelled one in a step.
  private static let scribbledPerUnlabelled = 4
  /// Photographs per step from which tags are learnt.
  private static let tagBatch = 128
  /// Probability that a pooled feature is dropped while tags are learnt.
  private static let tagDropout = 0.5
  /// Samples by which channels are standardised.
  private static let standardSamples = 16_384
  /// Share of a refit's samples that is drawn from photographs whose strokes are new.
  private static let newShare = 0.25

  public let network: FrozenFeaturesNetwork
  public let configuration: FittingConfiguration
  private let seed: UInt64
  private let optimizer: AdamW
  private let generator: Generator
  private var samples: FeatureSamples
  /// By their numbers.
  private var photographs: [Int: Photograph] = [:]
  private var numbers: [String: Int] = [:]
  /// Photographs whose strokes are new since the last fit.
  private var new: Set<Int> = []
  private var nextNumber = 0
  /// Steps done in all fits.
  public private(set) var stepCount = 0
  private var isStandardized: Bool
  private var device: Device { network.store.device }

  /// `isFitted` tells that the network's head was fitted before, whose standardisation then stays.
  public init(
    _ network: FrozenFeaturesNetwork, _ configuration: FittingConfiguration = FittingConfiguration(), seed: UInt64 = 0,
    isFitted: Bool = false
  ) throws {
    self.network = network
    self.configuration = configuration
    self.seed = seed
    var settings = AdamW.Settings()
    settings.weightDecay = configuration.weightDecay
    settings.decaysNormsAndBiases = false
    optimizer = try AdamW(network.fitted, settings)
    generator = try Generator(seed: seed, device: network.store.device)
    samples = FeatureSamples(channels: network.head.mean.elementCount)
    isStandardized = isFitted
  }

  // MARK: Strokes

  /// Takes the strokes of a photograph, in place of those that it had: a class at drawn pixels, `Label.ignored`
  /// elsewhere.
  ///
  /// `features` are those of the photograph, `mirrored` those of its mirror image where that is to be learnt from too.
  /// Labels above the network's classes are misuse. A photograph without any stroke is left out.
  public func setStrokes(
    _ strokes: LabelMap, of id: String, on features: FrozenFeatures, mirrored: FrozenFeatures? = nil
  ) throws {
    removeStrokes(of: id)
    let isScribbled = Array(strokes.isPresent.prefix(network.configuration.classCount))
    guard isScribbled.contains(true) else { return }
    let number = nextNumber
    nextNumber += 1
    var photograph = Photograph(isScribbled: isScribbled)
    for (view, features) in [features, mirrored].enumerated() {
      guard let features else { continue }
      var stream = RandomStream(seed: seed, epoch: view, index: number)
      let chosen = strokes.samplePixels(
        perClass: configuration.samplesPerClass,
        unlabelled: configuration.absentWeight > 0 ? configuration.unlabelledSamples : 0, using: &stream)
      let pixels = chosen.map { view == 0 ? $0.pixel : strokes.mirrored($0.pixel) }
      try samples.add(
        features.samples(at: pixels), chosen.map { FeatureSamples.Row(photograph: number, label: $0.label) })
      // A copy made outside of inference mode, which may be learnt from.
      photograph.pooled.append(try features.pooled.cloned())
    }
    photographs[number] = photograph
    numbers[id] = number
    new.insert(number)
  }

  /// Forgets the strokes of a photograph.
  public func removeStrokes(of id: String) {
    guard let number = numbers.removeValue(forKey: id) else { return }
    samples.remove(number)
    photographs[number] = nil
    new.remove(number)
  }

  /// Which classes have strokes on any photograph.
  public var isScribbled: [Bool] {
    (0..<network.configuration.classCount).map { label in photographs.values.contains { $0.isScribbled[label] } }
  }

  /// Number of photographs with strokes.
  public var photographCount: Int { photographs.count }

  // MARK: Fitting

  /// Goes on from the present weights for `refitSteps` steps of `refitBatch` pixels, of which a quarter comes from
  /// photographs whose strokes are new since the last fit.
  public func refit() throws { try fit(steps: configuration.refitSteps, favouringNew: true) }

  /// Fits for so many steps, calling `observe` after each with the number of steps done and the losses; it may return
  /// false to stop. There must be strokes.
  ///
  /// Losses are read off only where `observe` is given.
  public func fit(
    steps: Int, favouringNew: Bool = false,
    _ observe: ((_ step: Int, _ losses: () throws -> Losses) throws -> Bool)? = nil
  ) throws {
    precondition(!photographs.isEmpty, "there is nothing to learn from")
    let draw = SampleDraw(samples.rows, new: favouringNew ? new : [], newShare: Self.newShare)
    if !isStandardized { try standardize(draw) }
    try setPrior(isFirst: !isStandardized)
    isStandardized = true
    let batch = favouringNew ? configuration.refitBatch : configuration.batch
    for step in 0..<steps {
      var stream = RandomStream(seed: seed, epoch: stepCount, index: -1)
      let (scribbles, absent) = try pixelLosses(draw, batch, &stream)
      let tags = try tagLoss(&stream)
      optimizer.clearGradients()
      try (scribbles + (absent.map { absent throws(TorchError) in try absent + tags } ?? tags)).backward()
      try optimizer.step(learningRate: configuration.learningRate)
      stepCount += 1
      let goesOn = try observe?(step + 1) {
        Losses(scribbles: try scribbles.item(), absent: try absent?.item() ?? 0, tags: try tags.item())
      }
      if goesOn == false { break }
    }
    new = []
  }

  /// The loss of scribbled pixels, and that of absent classes where there is one.
  private func pixelLosses(
    _ draw: SampleDraw, _ batch: Int, _ stream: inout RandomStream
  ) throws -> (scribbles: Tensor, absent: Tensor?) {
    let wanted = draw.labelled(batch, using: &stream)
    let others =
      configuration.absentWeight > 0 ? draw.unlabelled(batch / Self.scribbledPerUnlabelled, using: &stream) : []
    let (features, places) = try samples.features(at: wanted, others)
    let scores = try network.head(
      features.to(device), .init(hidden: configuration.dropout, drawingFrom: generator))
    let logProbability = try scores.logSoftmax(1)
    let labels = places.prefix(wanted.count).map { Int64(samples.rows[$0]?.label ?? 0) }
    let target = try Tensor(labels, [labels.count, 1]).to(device)
    let scribbles = try -logProbability.sliced(0, 0, labels.count).gathered(1, target).mean()
    if others.isEmpty { return (scribbles, nil) }
    let isAbsent = places.dropFirst(wanted.count).flatMap { place -> [UInt8] in
      let photograph = samples.rows[place].flatMap { photographs[$0.photograph] }
      return photograph?.mayHave.map { $0 ? 0 : 1 } ?? []
    }
    let absent = try Tensor(isAbsent, [others.count, network.configuration.classCount]).isEqual(to: 1).to(device)
    // Minus infinity would have no gradient.
    let possible = try logProbability.sliced(0, wanted.count, places.count).filled(where: absent, with: -1e4)
    return (scribbles, try possible.logSumExp(1).mean() * -configuration.absentWeight)
  }

  private func tagLoss(_ stream: inout RandomStream) throws -> Tensor {
    let numbers = photographs.keys.sorted()
    var features: [Tensor] = []
    var isScribbled: [Float] = []
    for _ in 0..<Self.tagBatch {
      guard let photograph = photographs[numbers[stream.integer(below: numbers.count)]] else { continue }
      features.append(photograph.pooled[stream.integer(below: photograph.pooled.count)])
      isScribbled += photograph.isScribbled.dropFirst().map { $0 ? 1 : 0 }
    }
    let classes = network.configuration.classCount
    let target = try Tensor(isScribbled, [features.count, classes - 1]).to(device)
    let dropout = FeatureHead.Dropout(
      features: Self.tagDropout, hidden: configuration.dropout, drawingFrom: generator)
    let logits = try network.tags(.concatenated(features, 0), dropout).sliced(1, 1, classes)
    let (yes, no) = (try target * -(-logits).softplus(), try (1 - target) * -logits.softplus())
    return try -(yes + no).mean()
  }

  /// Sets the means and deviations by which both heads see their features.
  private func standardize(_ draw: SampleDraw) throws {
    var stream = RandomStream(seed: seed, epoch: -1, index: -1)
    let features = try samples.features(at: draw.labelled(Self.standardSamples, using: &stream)).features.to(device)
    let pooled = photographs.sorted { $0.key < $1.key }.flatMap(\.value.pooled)
    try withoutGradient {
      let labelled = samples.rows.count { $0?.label != nil }
      try features.standardize(network.head.mean, network.head.deviation, of: labelled, expecting: 0.5)
      try Tensor.concatenated(pooled, 0)
        .standardize(network.tags.mean, network.tags.deviation, of: pooled.count, expecting: 0.1)
    }
  }

  /// Sets the prior of the tags to the shares of photographs on which classes are scribbled, as if there were two more
  /// photographs, one of them with the class; at first these are also the tags' scores.
  private func setPrior(isFirst: Bool) throws {
    let all = Float(photographCount + 2)
    let counts = (0..<network.configuration.classCount).map { label in
      Float(photographs.values.count { $0.isScribbled[label] } + 1)
    }
    try withoutGradient {
      try network.tagPrior.copy(from: Tensor(counts.map { log($0 / all) }, [counts.count]))
      if isFirst {
        try network.tags.outputBias.copy(from: Tensor(counts.map { log($0 / (all - $0)) }, [counts.count]))
      }
    }
  }
}

extension Tensor {
  /// Writes the means and the standard deviations of the columns of this matrix into two tensors.
  ///
  /// Variances are those of `count` different rows and of ten more that deviate as `expected`: a channel that hardly
  /// varies on a few strokes varies elsewhere, and would be blown up there.
  fileprivate func standardize(
    _ mean: Tensor, _ deviation: Tensor, of count: Int, expecting expected: Double
  ) throws(TorchError) {
    let (known, assumed) = (Double(count), 10.0)
    let columnMean = try self.mean([0])
    let variance = try (self - columnMean).power(2).mean([0]) * (known / (known + assumed))
    try mean.copy(from: columnMean)
    try deviation.copy(from: (variance + assumed * expected * expected / (known + assumed)).power(0.5))
  }
}
