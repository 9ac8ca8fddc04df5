import Batches
import CRF
import Foundation
import Images
import Networks
import Tensors

/// Predicts photographs of any size with a trained network.
public struct Predictor {
  private let network: any InferenceNetwork
  /// How photographs are predicted by default.
  public let recipe: PredictionRecipe
  private let device: Device
  private let autocastType: ElementType?
  /// The longer side, in pixels, that larger photographs are reduced to first; nil for none.
  private let maxSide: Int?
  /// How large photographs may be.
  public var limit = PredictionLimit.ofThisMachine
  /// Approximate number of pixels per strip.
  package var stripArea = RowStrips.area
  /// Whether a view that is a single strip is predicted in one batch with its mirror image. A GPU is faster with small views than
  /// the program that calls its operators; a processor would take twice the memory and no less time.
  package var pairsMirrorImages: Bool

  /// A predictor with the network as it is now, folded: later training does not change it, and the network's memory is
  /// released when nothing else retains it.
  ///
  /// Photographs with a side above `maxSide` are reduced to it first; results have the photograph's own size all the
  /// same. With `autocastType` (bfloat16 or float16) convolutions compute in that type.
  public init(
    _ network: any TrainedWeights, views: Views = .published, crf: DenseCRF.Settings? = nil,
    on device: Device = .cpu, autocastType: ElementType? = nil, maxSide: Int? = nil
  ) throws {
    self.init(
      try network.folded(autocastType), views: views, crf: crf, on: device, autocastType: autocastType,
      maxSide: maxSide)
  }

  /// A predictor with a network for prediction, which may have been folded for `autocastType`.
  public init(
    _ network: any InferenceNetwork, views: Views = .published, crf: DenseCRF.Settings? = nil,
    on device: Device = .cpu, autocastType: ElementType? = nil, maxSide: Int? = nil
  ) {
    self.network = network
    recipe = PredictionRecipe(views, crf: crf)
    self.device = device
    self.autocastType = autocastType
    self.maxSide = maxSide
    pairsMirrorImages = device.kind != .cpu
  }

  /// Checks by a photograph's size whether the default recipe would predict it, so that it need not be decoded.
  package var sizeCheck: PredictionSizeCheck { sizeCheck([recipe]) }

  private func sizeCheck(_ recipes: [PredictionRecipe]) -> PredictionSizeCheck {
    PredictionSizeCheck(recipes, network.architecture, limit, maxSide: maxSide)
  }

  /// Predicts one photograph: the views' logits, resized to its size, averaged, and refined if the recipe says so.
  public func callAsFunction(_ photograph: Image) throws -> PhotographPrediction {
    try callAsFunction(photograph, [recipe])[0]
  }

  /// Predicts one photograph by several recipes, in their order; a view that several of them share is computed once.
  ///
  /// Throws a `PredictionSizeError` before any work where the photograph is larger than `limit` allows.
  public func callAsFunction(_ photograph: Image, _ recipes: [PredictionRecipe]) throws -> [PhotographPrediction] {
    try sizeCheck(recipes).require(photograph.width, photograph.height)
    let working = photograph.reduced(toSide: maxSide)
    return try withInference {
      var views = [[GridScores]](repeating: [], count: recipes.count)
      for scale in scales(of: recipes) {
        // A recipe that names a scale twice weights it twice.
        let users = recipes.indices.flatMap { user in
          repeatElement(user, count: recipes[user].views.scales.count { $0 == scale })
        }
        let mirrors = users.contains { recipes[$0].views.mirror }
        let (straight, both) = try scores(view(of: working, at: scale), mirrors)
        for user in users { views[user].append(recipes[user].views.mirror ? both ?? straight : straight) }
      }
      return try zip(recipes, views).map { recipe, views in
        let prediction = PhotographPrediction(averaged(views, count: recipe.views.count, of: photograph))
        return try recipe.crf.map { try prediction.refined(by: $0, working) } ?? prediction
      }
    }
  }

  /// Each scale of the recipes once, in order of first appearance.
  private func scales(of recipes: [PredictionRecipe]) -> [Double] {
    var found: Set<Double> = []
    return recipes.flatMap(\.views.scales).filter { found.insert($0).inserted }
  }

  /// A view as `[1, 3, H, W]` on the device.
  private func view(of photograph: Image, at scale: Double) throws -> Tensor {
    // Normalised anew for every scale: the floats would take several times the photograph's memory.
    let view = FloatImage(photograph, normalizedBy: network.architecture.normalization).resizedCubic(by: scale)
    // The network's memory format, so that it needs no copy.
    return try Tensor(view.values, [1, view.channels, view.height, view.width]).to(device).contiguous(.channelsLast)
  }

  /// Scores of a view and, on request, their sum with those of its mirror image, mirrored back.
  private func scores(_ view: Tensor, _ mirrors: Bool) throws -> (straight: GridScores, both: GridScores?) {
    guard mirrors else { return (try scores(of: view).classes, nil) }
    let straight: GridScores
    let mirrored: GridScores
    if pairsMirrorImages, view.shape[2] * view.shape[3] <= stripArea {
      let pair = try Tensor.concatenated([view, view.flipped([3])], 0).contiguous(.channelsLast)
      let both = try scores(of: pair).classes
      (straight, mirrored) = (try both.image(0), try both.image(1))
    } else {
      (straight, mirrored) = (try scores(of: view).classes, try scores(of: view.flipped([3])).classes)
    }
    return (straight, try straight + mirrored.mirrored())
  }

  /// Predicts the photograph in a single view whatever the recipe, and from the same pass the probability of each
  /// pixel to carry a scribble of any class: 0...1, `height * width` numbers in row order; nil where the network has no
  /// scores of scribbles.
  public func withAnnotationProbability(
    _ photograph: Image
  ) throws -> (prediction: PhotographPrediction, annotationProbability: [Float]?) {
    try sizeCheck([PredictionRecipe(.single)]).require(photograph.width, photograph.height)
    let architecture = network.architecture
    let image = try architecture.normalization.tensor(from: photograph.reduced(toSide: maxSide)).to(device)
    let scores = try scores(of: image, withScribbles: true)
    let prediction = PhotographPrediction(averaged([scores.classes], count: 1, of: photograph))
    guard let scribbles = scores.scribbles else { return (prediction, nil) }
    let classes = architecture.classCount
    let annotated = try averaged([scribbles], count: 1, of: photograph).assembled { logits throws(TorchError) in
      try 1 - logits.softmax(1).sliced(1, classes, classes + 1)
    }
    return (prediction, try annotated.floats())
  }

  /// The network's scores of a view, computed in the predictor's precision.
  private func scores(of view: Tensor, withScribbles: Bool = false) throws -> NetworkScores {
    try withAutocast(autocastType, on: device) {
      try network.scores(ofImages: view, stripArea: stripArea, withScribbles: withScribbles)
    }
  }

  private func averaged(_ views: [GridScores], count: Int, of photograph: Image) -> AveragedLogits {
    AveragedLogits(
      height: photograph.height, width: photograph.width, views: views, viewCount: count, stripArea: stripArea)
  }
}

/// How a photograph is predicted: the views that are averaged, and the refinement of their average.
public struct PredictionRecipe: Sendable, Equatable {
  public var views: Views
  /// Constants of the dense CRF between softmax and argmax; nil without it.
  public var crf: DenseCRF.Settings?

  public init(_ views: Views, crf: DenseCRF.Settings? = nil) {
    self.views = views
    self.crf = crf
  }
}

/// Limits on the size of photographs, checked before any work.
public struct PredictionLimit: Sendable, Equatable {
  /// Largest number of pixels of a view, which is the photograph resized by one of the scales.
  public var viewPixels: Int
  /// Largest estimate of the memory in bytes; nil for no limit.
  public var memory: Int?

  public init(viewPixels: Int = PredictionLimit.defaultViewPixels, memory: Int? = nil) {
    (self.viewPixels, self.memory) = (viewPixels, memory)
  }

  /// Four times a photograph of 4000 x 3000, and about an hour for a view on two cores.
  public static let defaultViewPixels = 50_000_000

  /// The default on this machine, of whose memory three quarters may be used.
  public static let ofThisMachine = PredictionLimit(
    memory: Int(clamping: ProcessInfo.processInfo.physicalMemory) / 4 * 3)
}

/// The cost of predicting a photograph, estimated from its size alone.
package struct PredictionCost: Sendable, Equatable {
  /// Size of the largest view in pixels.
  package let viewWidth: Int
  package let viewHeight: Int
  /// Upper estimate of the memory in bytes.
  package let memory: Int

  package var viewPixels: Int { viewWidth * viewHeight }

  /// The cost of a photograph of `width` x `height` pixels, reduced to `maxSide` first, with a network.
  ///
  /// The largest view counts, since views are predicted one after the other.
  package init(
    width: Int, height: Int, maxSide: Int? = nil, _ recipes: [PredictionRecipe], _ network: Architecture
  ) {
    let scale = recipes.flatMap(\.views.scales).max() ?? 1
    func side(_ length: Int) -> Int { max(1, Int(min(Double(length) * scale, 1e9).rounded())) }
    let reduced = Reduction(width: width, height: height, toSide: maxSide)
    let (viewWidth, viewHeight) = (side(reduced?.width ?? width), side(reduced?.height ?? height))
    (self.viewWidth, self.viewHeight) = (viewWidth, viewHeight)
    // The view three times, and what the network holds of it.
    let viewBytes = 36 + network.bytesPerPixel
    // The photograph in bytes and in numbers, its labels and its overlay; the dense CRF's lattice and probabilities.
    let refines = recipes.contains { $0.crf != nil }
    let photographBytes = 20 + (refines ? 150 + 16 * network.classCount : 0)
    let bytes =
      5e8 + Double(viewWidth * viewHeight) * Double(viewBytes) + Double(width) * Double(height)
      * Double(photographBytes)
    memory = Int(min(bytes, 1e18))
  }
}

/// A photograph that is too large to be predicted.
public struct PredictionSizeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The size found and the largest one possible, without a full stop.
  public let problem: String

  public var description: String {
    "A photograph \(problem); make it smaller, or predict it at smaller scales (evaluation.scales, --scales)."
  }
}

/// Checks whether a photograph of a given size may be predicted.
package struct PredictionSizeCheck: Sendable {
  private let recipes: [PredictionRecipe]
  private let network: Architecture
  private let limit: PredictionLimit
  private let maxSide: Int?

  package init(
    _ recipes: [PredictionRecipe], _ network: Architecture, _ limit: PredictionLimit, maxSide: Int? = nil
  ) {
    (self.recipes, self.network, self.limit, self.maxSide) = (recipes, network, limit, maxSide)
  }

  /// Throws where a photograph of `width` x `height` pixels costs more than the limit allows.
  package func require(_ width: Int, _ height: Int) throws(PredictionSizeError) {
    let cost = PredictionCost(width: width, height: height, maxSide: maxSide, recipes, network)
    let view = "has \(width) x \(height) pixels, \(cost.viewWidth) x \(cost.viewHeight) in its largest view"
    if cost.viewPixels > limit.viewPixels {
      throw PredictionSizeError(problem: "\(view), and at most \(limit.viewPixels) are predicted")
    }
    if let memory = limit.memory, cost.memory > memory {
      throw PredictionSizeError(
        problem: "\(view), which take about \(Self.gigabytes(cost.memory)) of memory to predict, "
          + "and \(Self.gigabytes(memory)) may be used")
    }
  }

  private static func gigabytes(_ bytes: Int) -> String { String(format: "%.1f GB", Double(bytes) / 1e9) }
}
