import CRF
import Images
import Networks
import Tensors

/// A network's prediction of one photograph, at the photograph's size.
///
/// Scores are kept on the decoder's small grids; results are computed from them, a strip of rows at a time.
public struct PhotographPrediction {
  private let averaged: AveragedLogits
  /// Probabilities after the dense CRF, `[1, C, h, w]` at the size that the network was given; nil without it.
  private let refined: Tensor?

  init(_ averaged: AveragedLogits, refined: Tensor? = nil) {
    self.averaged = averaged
    self.refined = refined
  }

  public var height: Int { averaged.height }
  public var width: Int { averaged.width }

  /// Class logits averaged over the views, float32 `[C, H, W]`.
  public func logits() throws(TorchError) -> Tensor {
    try averaged.assembled { logits in logits }
  }

  /// Class probabilities, `[C, H, W]`: the softmax of the logits, refined by the dense CRF if there is one.
  public func probability() throws(TorchError) -> Tensor {
    if let refined { return try assembled(refined) { probability in probability } }
    return try averaged.assembled { logits throws(TorchError) in try logits.softmax(1) }
  }

  /// The most probable class of each pixel. Throws `NonFiniteScores` where there is none.
  public func labels() throws -> LabelMap {
    var isFinite = true
    func best(_ scores: Tensor, _ dim: Int) throws(TorchError) -> Tensor {
      let (values, indices) = try scores.maximum(dim)
      // The index of NaN would pass for a class.
      if try !values.isAllFinite() { isFinite = false }
      return try indices.to(.uint8)
    }
    let labels =
      if let refined {
        try assembled(refined) { rows throws(TorchError) in try best(rows, 1).unsqueezed(1) }
      } else {
        // `[1, C, rows, W]` to `[1, 1, rows, W]`.
        try averaged.assembled { logits throws(TorchError) in try best(logits, 1).unsqueezed(1) }
      }
    guard isFinite else { throw NonFiniteScores() }
    return LabelMap(width: width, height: height, labels: try labels.uint8s())
  }

  /// `[K, H, W]` at the photograph's size: `transform` of the probabilities, taken by rows, `[1, C, rows.count, W]`.
  private func assembled(
    _ refined: Tensor, _ transform: (Tensor) throws(TorchError) -> Tensor
  ) throws(TorchError) -> Tensor {
    let (from, height, width) = (refined.shape[2], height, width)
    return try withInference { () throws(TorchError) in
      try RowStrips(height: height, width: width, area: averaged.stripArea).assembled(.contiguous) {
        rows throws(TorchError) in
        if refined.shape[2...] == [height, width] { return try transform(refined.rows(rows)) }
        let part = ResizedRows(rows, of: height, from: from, alignCorners: true)
        return try transform(
          refined.rows(part.source).resizedBilinear(to: part, width: width, alignCorners: true))
      }.selected(0, 0)
    }
  }

  /// The same with its probabilities refined by a dense CRF on the photograph as the network was given it, perhaps
  /// reduced, whose pixels the CRF's constants count. Throws `NonFiniteScores` for probabilities that are not finite,
  /// of which the CRF would make finite ones.
  func refined(by settings: DenseCRF.Settings, _ photograph: Image) throws -> PhotographPrediction {
    let working = averaged.resized(height: photograph.height, width: photograph.width)
    let probability = try working.assembled { logits throws(TorchError) in try logits.softmax(1) }
    guard try probability.isAllFinite() else { throw NonFiniteScores() }
    let shape = probability.shape
    let refined = DenseCRF(settings).refined(
      try probability.floats(), classCount: shape[0], image: photograph, threads: LibTorch.threadCount)
    return PhotographPrediction(averaged, refined: try Tensor(refined, [1] + shape))
  }
}

/// Scores of a photograph that are infinite or not a number, which have no most probable class.
public struct NonFiniteScores: Error, Equatable, Sendable, CustomStringConvertible {
  /// The photograph's name, where it is known.
  public let photograph: String?

  public init(of photograph: String? = nil) { self.photograph = photograph }

  public var description: String {
    "The network's scores\(photograph.map { " for photograph \($0)" } ?? "") are not finite: its weights or running "
      + "statistics are too large, or not numbers."
  }
}

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
