import Layers
import Tensors

/// Scores of images in evaluation mode as a call gives them, up to rounding, in less memory.
///
/// What takes most memory for large images is computed in strips of rows, with as many rows more on both sides as a strip
/// sees of its neighbours. Nothing is recorded for a backward pass.
extension BLPSeg {
  /// Class scores of normalised images `[N, 3, H, W]`, after local aggregation.
  ///
  /// `stripArea` is how many pixels a strip has, about.
  public func scores(of images: Tensor, stripArea: Int = RowStrips.area) throws(TorchError) -> GridScores {
    try scores(of: images, scribbles: false, stripArea).classes
  }

  /// The same with the scores of "a scribble of class c lies here", the last of C + 1 meaning none.
  public func scoresWithScribbles(
    of images: Tensor, stripArea: Int = RowStrips.area
  ) throws(TorchError) -> (classes: GridScores, scribbles: GridScores) {
    try scores(of: images, scribbles: true, stripArea)
  }

  private func scores(
    of images: Tensor, scribbles: Bool, _ stripArea: Int
  ) throws(TorchError) -> (classes: GridScores, scribbles: GridScores) {
    try withInference { () throws(TorchError) in
      // Pixel by pixel is the order in which convolutions run fastest, and in which a strip is one piece of memory.
      let images = try images.contiguous(.channelsLast)
      let (height, width) = (images.shape[2], images.shape[3])
      let strips = RowStrips(height: (height + 3) / 4, width: (width + 3) / 4, area: stripArea / 16)
      let decoded = try decodedScores(images, scribbles: scribbles, strips)
      strips.trimMemory()
      let classes = try decoded.sliced(1, 0, configuration.classCount)
      return (
        GridScores(scores: try aggregated(classes, along: coordinates(images, strips)), height: height, width: width),
        GridScores(
          scores: try decoded.sliced(1, configuration.classCount, decoded.shape[1]), height: height, width: width)
      )
    }
  }

  private func coordinates(_ images: Tensor, _ strips: RowStrips) throws(TorchError) -> Tensor {
    try strips.assembled(.contiguous) { rows throws(TorchError) in
      // Patches do not overlap.
      try embedding.coordinates(images.rows(4 * rows.lowerBound..<min(images.shape[2], 4 * rows.upperBound)))
    }
  }

  /// Class scores before local aggregation, and after them those of scribbles where they are asked for.
  private func decodedScores(
    _ images: Tensor, scribbles: Bool, _ strips: RowStrips
  ) throws(TorchError) -> Tensor {
    let finest = try strips.assembled(.channelsLast) { rows throws(TorchError) in
      try backbone.finest(rows, of: images, seeing: strips.window(around: rows, margin: Self.finestMargin))
    }
    strips.trimMemory()
    let coarser = try coarserLevels(finest)
    strips.trimMemory()
    return try strips.assembled(.channelsLast) { rows throws(TorchError) in
      let decoded = try decoder.rows(
        rows, of: finest, coarser, seeing: strips.window(around: rows, margin: Decoder.margin), .evaluation)
      let classes = try classHead(decoded, .evaluation)
      let scores = scribbles ? try Tensor.concatenated([classes, scribbleHead(decoded, .evaluation)], 1) : classes
      // Autocast's 16 bits are too few for what is added up.
      return try scores.to(images.type)
    }
  }

  /// How many of its rows further a backbone's finest feature sees at most: 29 pixels (ResNet-34) of 4.
  private static let finestMargin = 8

  private func coarserLevels(_ finest: Tensor) throws(TorchError) -> Decoder.CoarserLevels {
    let features = try backbone.coarser(finest, .evaluation)
    let pooled = try pooling(features[features.count - 1], .evaluation)
    return try decoder.coarser(features.dropLast(), pooled, .evaluation)
  }
}

extension Backbone {
  /// Rows of the finest feature alone, in evaluation mode, from the rows `seen` around them.
  fileprivate func finest(
    _ rows: Range<Int>, of images: Tensor, seeing seen: Range<Int>
  ) throws(TorchError) -> Tensor {
    let height = images.shape[2]
    let count = (height + 3) / 4
    // A part that ends as far from a multiple of 4 as the image is padded as the image is where padding is 'same'.
    let part = try images.rows(4 * seen.lowerBound..<height - 4 * (count - seen.upperBound))
    return try finest(part, .evaluation).rows(rows.lowerBound - seen.lowerBound..<rows.upperBound - seen.lowerBound)
  }
}
