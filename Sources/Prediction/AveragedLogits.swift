import Networks
import Tensors

/// The mean logits of several views of a photograph, at its size or another, computed a strip of rows at a time.
struct AveragedLogits {
  /// Height and width of the photograph.
  var height: Int
  var width: Int
  /// Scores whose logits are summed, each `[1, K, h, w]`.
  let views: [GridScores]
  /// Divisor of the sum.
  let viewCount: Int
  /// Approximate number of pixels per strip.
  let stripArea: Int

  /// The same at another size.
  func resized(height: Int, width: Int) -> AveragedLogits {
    var resized = self
    (resized.height, resized.width) = (height, width)
    return resized
  }

  /// `[K, H, W]` on the CPU: `transform` of the logits, which it takes by rows, `[1, K, rows.count, W]`.
  func assembled(
    _ transform: (Tensor) throws(TorchError) -> Tensor
  ) throws(TorchError) -> Tensor {
    try withInference { () throws(TorchError) in
      try RowStrips(height: height, width: width, area: stripArea).assembled(.contiguous) { rows throws(TorchError) in
        try transform(logits(rows)).to(.cpu)
      }.selected(0, 0)
    }
  }

  private func logits(_ rows: Range<Int>) throws(TorchError) -> Tensor {
    var sum = try logits(of: views[0], rows)
    for view in views.dropFirst() { sum = try sum + logits(of: view, rows) }
    return viewCount == 1 ? sum : try sum / Double(viewCount)
  }

  /// The view is resized to the photograph's size with aligned corners (Docs/Method.md, "Evaluation").
  private func logits(of view: GridScores, _ rows: Range<Int>) throws(TorchError) -> Tensor {
    let part = ResizedRows(rows, of: height, from: view.height, alignCorners: true)
    return try view.logits(part.source).resizedBilinear(to: part, width: width, alignCorners: true)
  }
}
