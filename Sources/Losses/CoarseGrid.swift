import Tensors

/// An image on a grid of square cells, for losses of pairs of positions.
///
/// Scores and colours are averaged over a cell's pixels; what is left at the right and below is dropped. N, C as in
/// `LossInput`, h and w count the cells.
struct CoarseGrid {
  /// The published resolution of these losses and of the network's scores.
  static let publishedSide = 4

  /// The mean scores, `[N, C, h, w]`, with gradient.
  let scores: Tensor
  /// Their softmax.
  let probability: Tensor
  /// Red, green and blue on the scale 0...255, `[N, 3, h, w]`.
  let colors: Tensor
  /// 1 where all of a cell's pixels belong to the image, 0 where one is padding: `[N, 1, h, w]`.
  let inside: Tensor
  /// Side of a cell in pixels of the photograph, less than asked for where the image is smaller.
  let side: Int
  /// The same in what losses take for pixels.
  private let pooledSide: Int

  var height: Int { probability.shape[2] }
  var width: Int { probability.shape[3] }

  init(_ image: LossInput, side: Int) throws {
    let stride = image.batch.stride
    let side = min(max(1, side / stride), image.logits.shape[2], image.logits.shape[3])
    (self.side, self.pooledSide) = (side * stride, side)
    scores = try image.logits.averagePooled(side)
    probability = try scores.softmax(1)
    (colors, inside) = try withoutGradient {
      let type = image.logits.type
      let pixels = try image.labels.isEqual(to: BatchLabel.ignored).logicalNot().to(type).unsqueezed(1)
      let share = try pixels.averagePooled(side)
      return (try image.colors().to(type).averagePooled(side), try share.isAtLeast(0.999).to(type))
    }
  }

  /// The class that most of a cell's scribbled pixels have, C where none is scribbled: int64 `[N, h, w]`.
  func labels(of image: LossInput) throws -> Tensor {
    try withoutGradient {
      let classes = image.logits.shape[1]
      let shares = try image.labels.oneHot(classes).to(.float32).averagePooled(pooledSide)
      let most = try shares.maximum(1)
      return try most.indices.filled(where: most.values.isEqual(to: 0), with: Double(classes))
    }
  }

  /// Of each cell and the next one to the right, and of each and the next one below: exp(-|I_i - I_j|^2 / (2 deviation^2))
  /// with colours I, 0 where one of them is not inside: `[N, 1, h, w - 1]` and `[N, 1, h - 1, w]`.
  func neighbourWeights(colorDeviation: Double) throws -> [NeighbourWeights] {
    try withoutGradient {
      try [3, 2].map { dimension in
        let (near, next) = try NeighbourWeights.pairs(colors, dimension)
        let (isIn, isNextIn) = try NeighbourWeights.pairs(inside, dimension)
        let distance = try (near - next).power(2).sum([1], keepingDimensions: true)
        let both = try isIn * isNextIn
        let weight = try (distance / (-2 * colorDeviation * colorDeviation)).exponential() * both
        return NeighbourWeights(dimension: dimension, weight: weight, pairCount: try both.sum())
      }
    }
  }
}

/// Weights of the pairs of cells that are neighbours along one dimension of a grid.
struct NeighbourWeights {
  /// 2 for cells below each other, 3 for cells side by side.
  let dimension: Int
  let weight: Tensor
  /// Number of pairs that are both inside, without dimensions.
  let pairCount: Tensor

  /// The first and the second cell of each pair, views of `[N, K, h, w]`.
  static func pairs(_ x: Tensor, _ dimension: Int) throws(TorchError) -> (Tensor, Tensor) {
    let count = x.shape[dimension]
    return (try x.sliced(dimension, 0, count - 1), try x.sliced(dimension, 1, count))
  }

  /// The differences of all pairs of `x`, `[N, K, h, w]`: first less second.
  func differences(_ x: Tensor) throws(TorchError) -> Tensor {
    let (near, next) = try Self.pairs(x, dimension)
    return try near - next
  }
}

extension Tensor {
  /// Of labels `[N, h, w]` whether each is class 0, 1, ...: booleans `[N, classes, h, w]`, all false for other labels.
  func oneHot(_ classes: Int) throws(TorchError) -> Tensor {
    let numbers = try Tensor((0..<classes).map(Int64.init), [1, classes, 1, 1]).to(device)
    return try unsqueezed(1).isEqual(to: numbers)
  }
}

/// Labels of a batch, `[N, H, W]`, on a grid of squares of `side` pixels, which divides H and W: int64 `[N, H / side, W / side]`.
///
/// A square has a class that is scribbled in it, the last one where there are several; else it is unlabelled where a pixel of it
/// is, and ignored where all are.
package func reducedLabels(_ labels: Tensor, classCount: Int, side: Int) throws(TorchError) -> Tensor {
  if side == 1 { return labels }
  return try withoutGradient { () throws(TorchError) in
    // Numbers that grow with what prevails: ignored, unlabelled, classes.
    let ranks = try (labels + 1).filled(where: labels.isEqual(to: classCount), with: 0)
      .filled(where: labels.isEqual(to: BatchLabel.ignored), with: -1)
    let best = try ranks.to(.float32).unsqueezed(1).maxPooled(kernel: side, stride: side, padding: 0).squeezed(1)
    return try (best + -1).filled(where: best.isEqual(to: 0), with: Double(classCount))
      .filled(where: best.isEqual(to: -1), with: Double(BatchLabel.ignored)).to(.int64)
  }
}

/// The energy of all pairs of cells that a symmetric matrix W of weights at least 0 joins, divided by the number of cells:
///
///     sum over k of s_k^T W (1 - s_k) / cells
///
/// It counts, for each pair, how probable it is that two independent draws differ. Quadratic in the probabilities s; as those
/// of a cell sum to 1, the gradient is -2 W s / cells but for what is the same for all classes.
extension CoarseGrid {
  /// `filter` computes W x of `[N, C + 1, h, w]`, without gradient. Cells that are not inside take no part.
  func pairEnergy(_ filter: (Tensor) throws -> Tensor) throws -> Tensor {
    let (energy, gradient) = try withoutGradient {
      let classes = probability.shape[1]
      let masked = try probability * inside
      let sums = try filter(.concatenated([masked, inside], 1))
      let (own, reach) = (try sums.sliced(1, 0, classes), try sums.sliced(1, classes, classes + 1))
      let count = try inside.sum()
      let energy = try (inside * reach).sum() - (masked * own).sum()
      return (try energy.perOne(of: count), try (inside * own * -2).perOne(of: count))
    }
    return try probability.carrying(energy, gradient: gradient)
  }
}
