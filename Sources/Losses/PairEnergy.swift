import Tensors

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
