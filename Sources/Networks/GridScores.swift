import Tensors

/// Scores of images on the decoder's grid `h x w` (stride 4), small beside the logits that they stand for.
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
