import Batches
import DenseCRF
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

  /// A predictor with the network as it is now, folded: what it learns afterwards is not seen here, and its memory is
  /// free when nothing else holds it. With `autocastType` (bfloat16 or float16) convolutions compute in that type.
  public init(
    _ network: BLPSeg, views: Views = .published, crf: DenseCRF.Settings? = nil, on device: Device = .cpu,
    autocastType: ElementType? = nil
  ) throws(TorchError) {
    self.network = try network.folded(autocastType)
    standard = PredictionProtocol(views, crf: crf)
    self.device = device
    self.autocastType = autocastType
    normalization = ChannelNormalization(network.configuration.backbone)
  }

  /// Predicts one photograph: the views' logits, brought to its size, averaged, and refined where the protocol says so.
  public func callAsFunction(_ photograph: Image) throws -> PhotographPrediction {
    try callAsFunction(photograph, [standard])[0]
  }

  /// Predicts one photograph in several ways, in their order; a view that several of them share is computed once.
  public func callAsFunction(
    _ photograph: Image, _ protocols: [PredictionProtocol]
  ) throws -> [PhotographPrediction] {
    try withInference {
      let whole = FloatImage(photograph, normalizedBy: normalization)
      var sums = [Tensor?](repeating: nil, count: protocols.count)
      for scale in scales(of: protocols) {
        // A protocol that names a scale twice weights it so.
        let users = protocols.indices.flatMap { user in
          repeatElement(user, count: protocols[user].views.scales.count { $0 == scale })
        }
        let mirrors = users.contains { protocols[$0].views.mirror }
        let (straight, mirrored) = try logits(whole.resizedCubic(by: scale), mirrors, as: photograph)
        let both = try mirrored.map { try straight + $0 }
        for user in users {
          let logits = protocols[user].views.mirror ? both ?? straight : straight
          sums[user] = try sums[user].map { try $0 + logits } ?? logits
        }
      }
      return try zip(protocols, sums).map { way, sum in
        guard let sum else { preconditionFailure("views have at least one scale") }
        let prediction = PhotographPrediction(logits: try (sum / Double(way.views.count)).to(.cpu))
        return try way.crf.map { try prediction.refined(by: $0, photograph) } ?? prediction
      }
    }
  }

  /// Each scale of the protocols once, in the order in which they come.
  private func scales(of protocols: [PredictionProtocol]) -> [Double] {
    var seen: Set<Double> = []
    return protocols.flatMap(\.views.scales).filter { seen.insert($0).inserted }
  }

  /// Logits of a view and, where asked for, of its mirror image, mirrored back: `[C, H, W]` of the photograph's size.
  private func logits(
    _ view: FloatImage, _ mirrors: Bool, as photograph: Image
  ) throws -> (straight: Tensor, mirrored: Tensor?) {
    let columns = 3
    var image = try Tensor(view.values, [1, view.channels, view.height, view.width])
    if mirrors { image = try Tensor.concatenated([image, image.flipped([columns])], 0) }
    let logits = try seen(image).logits()
      .resizedBilinear(height: photograph.height, width: photograph.width, alignCorners: true)
    return (try logits.selected(0, 0), mirrors ? try logits.selected(0, 1).flipped([columns - 1]) : nil)
  }

  /// Predicts the photograph as it is, in a single view whatever the protocol, and tells from the same pass how likely each
  /// pixel is to carry a scribble of any class: 0...1, `height * width` numbers in row order.
  public func withAnnotationProbability(
    _ photograph: Image
  ) throws -> (prediction: PhotographPrediction, annotationProbability: [Float]) {
    try withInference {
      let seen = try seen(normalization.tensor(from: photograph))
      let prediction = PhotographPrediction(logits: try seen.logits().selected(0, 0).to(.cpu))
      let unlabelled = try seen.scribbleLogits().softmax(1).selected(0, 0).selected(0, network.configuration.classCount)
      return (prediction, try (1 - unlabelled).floats())
    }
  }

  /// What the network says about normalised images, `[N, 3, H, W]` on any device.
  private func seen(_ images: Tensor) throws -> BLPSegPrediction {
    try withAutocast(autocastType, on: device) { try network(images.to(device), .evaluation) }
  }
}

extension ChannelNormalization {
  /// The normalisation that a backbone was made for.
  public init(_ backbone: BackboneKind) {
    self.init(mean: backbone.inputMean, deviation: backbone.inputDeviation)
  }
}
