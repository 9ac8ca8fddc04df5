import Batches
import CRF
import Images
import Layers
import Networks
import Tensors

/// Predicts photographs of any size with a trained network.
public struct Predictor {
  private let network: BLPSeg
  /// How photographs are predicted where nothing else is asked for.
  public let standard: PredictionProtocol
  private let normalization: ChannelNormalization
  private let device: Device
  private let autocastType: ElementType?
  /// The longer side, in pixels, that larger photographs are reduced to before they are looked at; nil for none.
  private let maxSide: Int?
  /// How large photographs may be.
  public var limit = PredictionLimit.ofThisMachine
  /// Pixels that are computed at a time, about.
  package var stripArea = RowStrips.area

  /// A predictor with the network as it is now, folded: what it learns afterwards is not seen here, and its memory is
  /// free when nothing else holds it. Photographs with a side above `maxSide` are reduced to it first; what is predicted
  /// has the photograph's own size all the same. With `autocastType` (bfloat16 or float16) convolutions compute in that type.
  public init(
    _ network: BLPSeg, views: Views = .published, crf: DenseCRF.Settings? = nil, on device: Device = .cpu,
    autocastType: ElementType? = nil, maxSide: Int? = nil
  ) throws(TorchError) {
    self.network = try network.folded(autocastType)
    standard = PredictionProtocol(views, crf: crf)
    self.device = device
    self.autocastType = autocastType
    self.maxSide = maxSide
    normalization = ChannelNormalization(network.configuration.backbone)
  }

  /// What tells from a photograph's size whether the standard protocol would predict it, so that it need not be decoded.
  public var sizeCheck: PredictionSizeCheck { sizeCheck([standard]) }

  private func sizeCheck(_ protocols: [PredictionProtocol]) -> PredictionSizeCheck {
    PredictionSizeCheck(protocols, network.configuration, limit, maxSide: maxSide)
  }

  /// Predicts one photograph: the views' logits, brought to its size, averaged, and refined where the protocol says so.
  public func callAsFunction(_ photograph: Image) throws -> PhotographPrediction {
    try callAsFunction(photograph, [standard])[0]
  }

  /// Predicts one photograph in several ways, in their order; a view that several of them share is computed once.
  ///
  /// Throws a `PredictionSizeError` before any work where the photograph is larger than `limit` allows.
  public func callAsFunction(
    _ photograph: Image, _ protocols: [PredictionProtocol]
  ) throws -> [PhotographPrediction] {
    try sizeCheck(protocols).require(photograph.width, photograph.height)
    let working = photograph.reduced(toSide: maxSide)
    return try withInference {
      var views = [[GridScores]](repeating: [], count: protocols.count)
      for scale in scales(of: protocols) {
        // A protocol that names a scale twice weights it so.
        let users = protocols.indices.flatMap { user in
          repeatElement(user, count: protocols[user].views.scales.count { $0 == scale })
        }
        let mirrors = users.contains { protocols[$0].views.mirror }
        let (straight, both) = try scores(image(of: working, at: scale), mirrors)
        for user in users { views[user].append(protocols[user].views.mirror ? both ?? straight : straight) }
      }
      return try zip(protocols, views).map { way, views in
        let prediction = PhotographPrediction(averaged(views, count: way.views.count, of: photograph))
        return try way.crf.map { try prediction.refined(by: $0, working) } ?? prediction
      }
    }
  }

  /// Each scale of the protocols once, in the order in which they come.
  private func scales(of protocols: [PredictionProtocol]) -> [Double] {
    var seen: Set<Double> = []
    return protocols.flatMap(\.views.scales).filter { seen.insert($0).inserted }
  }

  /// A view as `[1, 3, H, W]` on the device.
  private func image(of photograph: Image, at scale: Double) throws -> Tensor {
    // Made anew for every scale, since it is several times as large as the photograph.
    let view = FloatImage(photograph, normalizedBy: normalization).resizedCubic(by: scale)
    // The order of elements that the network works in, so that it needs no copy.
    return try Tensor(view.values, [1, view.channels, view.height, view.width]).to(device).contiguous(.channelsLast)
  }

  /// Scores of a view and, where asked for, their sum with those of its mirror image, mirrored back.
  private func scores(_ image: Tensor, _ mirrors: Bool) throws -> (straight: GridScores, both: GridScores?) {
    let straight = try seen { try network.scores(of: image, stripArea: stripArea) }
    guard mirrors else { return (straight, nil) }
    // One after the other: a batch of two would take twice the memory and no less time.
    let mirrored = try seen { try network.scores(of: image.flipped([3]), stripArea: stripArea) }
    return (straight, try straight + mirrored.mirrored())
  }

  /// Predicts the photograph as it is, in a single view whatever the protocol, and tells from the same pass how likely each
  /// pixel is to carry a scribble of any class: 0...1, `height * width` numbers in row order.
  public func withAnnotationProbability(
    _ photograph: Image
  ) throws -> (prediction: PhotographPrediction, annotationProbability: [Float]) {
    try sizeCheck([PredictionProtocol(.single)]).require(photograph.width, photograph.height)
    let image = try normalization.tensor(from: photograph.reduced(toSide: maxSide)).to(device)
    let seen = try seen { try network.scoresWithScribbles(of: image, stripArea: stripArea) }
    let classes = network.configuration.classCount
    let scribbles = averaged([seen.scribbles], count: 1, of: photograph)
    let annotated = try scribbles.assembled { logits throws(TorchError) in
      try 1 - logits.softmax(1).sliced(1, classes, classes + 1)
    }
    return (PhotographPrediction(averaged([seen.classes], count: 1, of: photograph)), try annotated.floats())
  }

  /// What `body` asks of the network, in the predictor's arithmetic.
  private func seen<Value>(_ body: () throws -> Value) throws -> Value {
    try withAutocast(autocastType, on: device, body)
  }

  private func averaged(_ views: [GridScores], count: Int, of photograph: Image) -> AveragedLogits {
    AveragedLogits(
      height: photograph.height, width: photograph.width, views: views, viewCount: count, stripArea: stripArea)
  }
}

extension ChannelNormalization {
  /// The normalisation that a backbone was made for.
  public init(_ backbone: BackboneKind) {
    self.init(mean: backbone.inputMean, deviation: backbone.inputDeviation)
  }
}
