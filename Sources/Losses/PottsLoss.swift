import Tensors

/// Neighbours of similar colour are to have similar probabilities (Docs/Method.md, "Further losses").
///
/// On a grid of cells with colours I, over pairs of cells i, j side by side or below each other,
///
///     mean over i, j of exp(-|I_i - I_j|^2 / (2 sigma^2)) |P_i - P_j|^2 / 2
///
/// The quadratic relaxation of the Potts model (Zhang and Boykov, "Soft Self-labeling and Potts Relaxations for
/// Weakly-Supervised Segmentation", CVPR 2025) with the contrast weights of Boykov and Jolly (ICCV 2001).
public struct PottsLoss: Loss, Equatable {
  public let name = "potts"
  public let title = "Potts loss"
  public let explanation = "borders between neighbours of similar colour"
  public var weight = 0.0
  public var needsHost: Bool { true }
  /// sigma in grey levels of 0...255, above 0.
  public var colorDeviation = 15.0
  /// Side of a grid cell in pixels, at least 1.
  public var cellSide = CoarseGrid.publishedSide

  public init() {}

  public func callAsFunction(_ image: LossInput) throws -> Tensor {
    let grid = try CoarseGrid(image, side: cellSide)
    let pairs = try grid.neighbourWeights(colorDeviation: colorDeviation)
    let sums = try pairs.map { try ($0.weight * $0.differences(grid.probability).power(2)).sum() / 2 }
    let count = try pairs[0].pairCount + pairs[1].pairCount
    return try (sums[0] + sums[1]).perOne(of: count) / Double(image.batch.images)
  }
}
