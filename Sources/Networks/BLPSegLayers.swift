import Layers
import Tensors

/// The layers of a BLPSeg network, and how they follow each other: in training, in prediction, folded or not.
///
/// `encode` and `decode` are the two halves. Both compute in strips of rows what takes most memory, with as many rows
/// above and below as a strip sees of its neighbours; images that are a single strip are computed whole, as in
/// training.
struct BLPSegLayers: Foldable {
  let configuration: BLPSegConfiguration
  private var backbone: any Backbone
  private var pooling: PyramidPooling
  private var decoder: Decoder
  private var classHead: PixelHead
  private var scribbleHead: PixelHead
  private let embedding: PatchEmbedding

  init(_ scope: ParameterScope, _ configuration: BLPSegConfiguration) throws(TorchError) {
    let (classes, width) = (configuration.classCount, configuration.decoderWidth)
    let channels = configuration.backbone.channels
    self.configuration = configuration
    backbone = try configuration.backbone.make(scope / BLPSeg.backboneScope)
    pooling = try PyramidPooling(
      scope / "ppm", channels[channels.count - 1], width: width, dropout: configuration.dropout)
    decoder = try Decoder(scope / "decoder", channels.dropLast(), width: width)
    classHead = try PixelHead(scope / "seg_head", width: width, outputs: classes)
    scribbleHead = try PixelHead(scope / "scribble_head", width: width, outputs: classes + 1)
    embedding = try PatchEmbedding(scope / "embed_proj", width: width)
  }

  /// Encodes normalised images `[N, 3, H, W]`; `stripArea` is the approximate number of pixels per strip, nil for one
  /// strip.
  func encode(_ images: Tensor, stripArea: Int?, _ mode: Mode) throws(TorchError) -> EncodedImages {
    // NHWC (channels last), the layout in which oneDNN convolves fastest, and in which a strip is contiguous memory.
    let images = try images.contiguous(.channelsLast)
    let (height, width) = ((images.shape[2] + 3) / 4, (images.shape[3] + 3) / 4)
    let strips = stripArea.map { RowStrips(height: height, width: width, area: $0 / 16) } ?? RowStrips(whole: height)
    let (finest, features) =
      mode.freezesBackbone
      ? try withoutGradient { () throws(TorchError) in
        try backboneFeatures(images, strips, mode.withFixedStatistics)
      } : try backboneFeatures(images, strips, mode)
    let pooled = try pooling(features[features.count - 1], mode)
    let coarser = try decoder.coarser(features.dropLast(), pooled, mode)
    return EncodedImages(images: images, finest: finest, coarser: coarser, strips: strips)
  }

  /// The backbone's feature at stride 4, and the coarser ones.
  private func backboneFeatures(
    _ images: Tensor, _ strips: RowStrips, _ mode: Mode
  ) throws(TorchError) -> (finest: Tensor, coarser: [Tensor]) {
    let finest = try finest(images, strips, mode)
    strips.trimMemory()
    return (finest, try backbone.coarser(finest, mode))
  }

  /// The backbone's feature at stride 4.
  private func finest(_ images: Tensor, _ strips: RowStrips, _ mode: Mode) throws(TorchError) -> Tensor {
    let reach = configuration.backbone.reach
    let strips = reach == nil ? RowStrips(whole: strips.height) : strips
    return try strips.assembled(.channelsLast) { rows throws(TorchError) in
      let window = strips.window(around: rows, margin: reach ?? 0)
      return try recomputedInTraining(images, mode) { [backbone] images, mode throws(TorchError) in
        try backbone.finest(rows, of: images, from: window, mode)
      }
    }
  }

  /// The outputs for encoded images.
  func decode(_ images: EncodedImages, _ mode: Mode) throws(TorchError) -> NetworkOutput {
    let strips = RowStrips(whole: images.strips.height)
    let decoded = try decoded(strips.ranges[0], of: images, strips, mode)
    let scores = try classHead(decoded, mode)
    return NetworkOutput(
      size: (images.height, images.width), decoded: decoded, scores: scores,
      aggregated: try aggregated(scores, images.images, strips, mode),
      scribbleScores: try scribbleScores(decoded, mode))
  }

  /// The scores of encoded images in evaluation mode, in the element type of the images.
  func scores(of images: consuming EncodedImages, withScribbles: Bool) throws(TorchError) -> NetworkScores {
    let (pixels, strips) = (images.images, images.strips)
    let (height, width) = (images.height, images.width)
    let scores = try gridScores(of: consume images, withScribbles: withScribbles)
    strips.trimMemory()
    return try withInference { () throws(TorchError) in
      let count = configuration.classCount
      let classes = try aggregated(scores.sliced(1, 0, count), pixels, strips, .evaluation)
      let scribbles = withScribbles ? try scores.sliced(1, count, scores.shape[1]) : nil
      return NetworkScores(
        classes: GridScores(scores: classes, height: height, width: width),
        scribbles: scribbles.map { GridScores(scores: $0, height: height, width: width) })
    }
  }

  /// Class scores before local aggregation, and after them those of scribbles on request: `[N, K, h, w]`.
  private func gridScores(of images: EncodedImages, withScribbles: Bool) throws(TorchError) -> Tensor {
    let strips = images.strips
    strips.trimMemory()
    return try withInference { () throws(TorchError) in
      try strips.assembled(.channelsLast) { rows throws(TorchError) in
        let decoded = try decoded(rows, of: images, strips, .evaluation)
        let classes = try classHead(decoded, .evaluation)
        let scores =
          withScribbles ? try Tensor.concatenated([classes, scribbleScores(decoded, .evaluation)], 1) : classes
        // Autocast's 16 bits are too few for sums over views.
        return try scores.to(images.images.type)
      }
    }
  }

  /// Rows of the decoder's output.
  private func decoded(
    _ rows: Range<Int>, of images: EncodedImages, _ strips: RowStrips, _ mode: Mode
  ) throws(TorchError) -> Tensor {
    let window = strips.window(around: rows, margin: Decoder.reach)
    return try decoder.rows(rows, of: images.finest, images.coarser, from: window, mode)
  }

  /// The scribble head's scores; no gradient passes from it into the decoder.
  private func scribbleScores(_ decoded: Tensor, _ mode: Mode) throws(TorchError) -> Tensor {
    try scribbleHead(decoded.detached(), mode)
  }

  /// Class scores after local aggregation along the shallow feature of `images`.
  private func aggregated(
    _ scores: Tensor, _ images: Tensor, _ strips: RowStrips, _ mode: Mode
  ) throws(TorchError) -> Tensor {
    guard configuration.localAggregation else { return scores }
    let coordinates = try strips.assembled(.contiguous) { rows throws(TorchError) in
      // Patches do not overlap.
      let pixels = 4 * rows.lowerBound..<min(images.shape[2], 4 * rows.upperBound)
      return try recomputedInTraining(images, mode) { [embedding] images, mode throws(TorchError) in
        let patches = try images.rows(pixels)
        return try mode.execution == .plain ? embedding(patches) : embedding.coordinates(patches)
      }
    }
    return try scores.locallyAggregated(along: coordinates, sigma: configuration.sigma, mode)
  }

  /// What `body` computes from images. In training its intermediate results, the largest part of all that a backward
  /// pass needs, are not kept but computed again for it, which takes little time.
  private func recomputedInTraining(
    _ images: Tensor, _ mode: Mode, _ body: @escaping (Tensor, Mode) throws(TorchError) -> Tensor
  ) throws(TorchError) -> Tensor {
    guard mode.isTraining, mode.recomputes else { return try body(images, mode) }
    return try images.recomputed { images, isAgain throws(TorchError) in
      try body(images, isAgain ? mode.repeated : mode)
    }
  }

  func folded(_ type: ElementType?) throws(TorchError) -> BLPSegLayers {
    var layers = self
    layers.backbone = try backbone.folded(type)
    layers.pooling = try pooling.folded(type)
    layers.decoder = try decoder.folded(type)
    layers.classHead = try classHead.folded(type)
    layers.scribbleHead = try scribbleHead.folded(type)
    return layers
  }

  /// The backbone's features at strides 4, 8, 16 and 32.
  func features(_ images: Tensor, _ mode: Mode) throws(TorchError) -> [Tensor] {
    let finest = try backbone.finest(images, mode)
    return try [finest] + backbone.coarser(finest, mode)
  }

  /// The shallow feature, along which local aggregation spreads, in full: `[N, D, h, w]`.
  func shallowFeature(_ images: Tensor) throws(TorchError) -> Tensor { try embedding(images) }
}

extension Backbone {
  /// Rows of the finest feature, computed from the rows `window` around them.
  fileprivate func finest(
    _ rows: Range<Int>, of images: Tensor, from window: Range<Int>, _ mode: Mode
  ) throws(TorchError) -> Tensor {
    let height = images.shape[2]
    let count = (height + 3) / 4
    // A part that ends as far from a multiple of 4 as the image is padded like the image where padding is 'same'.
    let part = try images.rows(4 * window.lowerBound..<height - 4 * (count - window.upperBound))
    return try finest(part, mode).rows(rows.lowerBound - window.lowerBound..<rows.upperBound - window.lowerBound)
  }
}
