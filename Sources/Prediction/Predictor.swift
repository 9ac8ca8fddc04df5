import Batches
import CRF
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
  }

  /// Checks by a photograph's size whether the default recipe would predict it, so that it need not be decoded.
  public var sizeCheck: PredictionSizeCheck { sizeCheck([recipe]) }

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
    let straight = try scores(of: view).classes
    guard mirrors else { return (straight, nil) }
    // One after the other: a batch of two would take twice the memory and no less time.
    let mirrored = try scores(of: view.flipped([3])).classes
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
