import Tensors

/// Images after the first half of a network: features from which scores follow, on grids of stride 4 and coarser.
public struct EncodedImages {
  /// The normalised images, `[N, 3, H, W]`. Local aggregation takes its feature from them; it would be as large as
  /// they are.
  public let images: Tensor
  /// The backbone's feature at stride 4, `[N, channels, h, w]`, h = ceil(H / 4) and w = ceil(W / 4).
  public let finest: Tensor
  /// The decoder's coarser levels.
  let coarser: Decoder.CoarserLevels
  /// The strips of the grid `h x w` that are computed one after the other.
  let strips: RowStrips

  /// H, the height of the images.
  public var height: Int { images.shape[2] }
  /// W, the width of the images.
  public var width: Int { images.shape[3] }
}

/// The scores that a network gives images.
public struct NetworkScores {
  /// Scores of C classes, after local aggregation.
  public let classes: GridScores
  /// Scores of "a scribble of class c lies here", the last of C + 1 meaning none; nil where they were not requested, or
  /// where the network has none.
  public let scribbles: GridScores?
}

/// Scores of images on the decoder's grid `h x w` (stride 4), which are small compared with their logits.
public struct GridScores {
  /// Scores of K classes, `[N, K, h, w]`.
  public let scores: Tensor
  /// Height and width of the images.
  public let height: Int
  public let width: Int

  /// Scores of the mirrored images: all that follows from scores treats left and right alike.
  public func mirrored() throws(TorchError) -> GridScores {
    GridScores(scores: try scores.flipped([3]), height: height, width: width)
  }

  /// Scores of images of one size, summed: their logits, which are linear in the scores, are summed too.
  public static func + (a: GridScores, b: GridScores) throws(TorchError) -> GridScores {
    precondition((a.height, a.width) == (b.height, b.width), "only scores of images of one size are summed")
    return GridScores(scores: try a.scores + b.scores, height: a.height, width: a.width)
  }

  /// Rows of the logits at the images' size, `[N, K, rows.count, W]`.
  public func logits(_ rows: Range<Int>) throws(TorchError) -> Tensor {
    let part = ResizedRows(rows, of: height, from: scores.shape[2])
    return try scores.rows(part.source).resizedBilinear(to: part, width: width)
  }
}
