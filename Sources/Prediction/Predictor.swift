import Batches
import Images
import Layers
import Networks
import Tensors

/// Predicts photographs of any size with a trained network.
public struct Predictor {
  public let network: BLPSeg
  public let views: Views
  private let normalization: ChannelNormalization
  private let device: Device
  private let autocastType: ElementType?

  /// With `autocastType` (bfloat16 or float16) convolutions compute in that type.
  public init(
    _ network: BLPSeg, views: Views = .published, on device: Device = .cpu, autocastType: ElementType? = nil
  ) {
    self.network = network
    self.views = views
    self.device = device
    self.autocastType = autocastType
    normalization = ChannelNormalization(network.configuration.backbone)
  }

  /// Predicts one photograph: the views' logits, brought to its size, averaged.
  public func callAsFunction(_ photograph: Image) throws -> PhotographPrediction {
    try withInference {
      let whole = FloatImage(photograph, normalizedBy: normalization)
      var sum: Tensor?
      for scale in views.scales {
        let logits = try logits(whole.resizedCubic(by: scale), height: photograph.height, width: photograph.width)
        sum = try sum.map { try $0 + logits } ?? logits
      }
      guard let sum else { preconditionFailure("views have at least one scale") }
      return PhotographPrediction(logits: try (sum / Double(views.count)).to(.cpu))
    }
  }

  /// Sum of the logits of a view and, where asked for, its mirror image: `[C, height, width]`.
  private func logits(_ view: FloatImage, height: Int, width: Int) throws -> Tensor {
    let columns = 3
    var image = try Tensor(view.values, [1, view.channels, view.height, view.width])
    if views.mirror { image = try Tensor.concatenated([image, image.flipped([columns])], 0) }
    let seen = try withAutocast(autocastType, on: device) { try network(image.to(device), .evaluation) }
    let logits = try seen.logits().resizedBilinear(height: height, width: width, alignCorners: true)
    let straight = try logits.selected(0, 0)
    return views.mirror ? try straight + logits.selected(0, 1).flipped([columns - 1]) : straight
  }

  /// How likely each pixel is to carry a scribble of any class, 0...1, `height * width` numbers in row order.
  public func annotationProbability(_ photograph: Image) throws -> [Float] {
    try withInference {
      let image = try normalization.tensor(from: photograph).to(device)
      let scores = try network(image, .evaluation).scribbleLogits().softmax(1)
      let classes = network.configuration.classCount
      return try (1 - scores.selected(0, 0).selected(0, classes)).floats()
    }
  }
}

extension ChannelNormalization {
  /// The normalisation that a backbone was made for.
  public init(_ backbone: BackboneKind) {
    self.init(mean: backbone.inputMean, deviation: backbone.inputDeviation)
  }
}
