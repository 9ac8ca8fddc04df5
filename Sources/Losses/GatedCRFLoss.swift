import Foundation
import Tensors

/// The gated CRF loss: cells near each other, and the more so of similar colour, are to have the same class (Docs/Method.md,
/// "Further losses").
///
/// On a grid of cells with positions p and colours I, over cells i, j with j in the square window around i,
///
///     k_ij = 0.9 exp(-|p_i - p_j|^2 / (2 a^2) - |I_i - I_j|^2 / (2 b^2)) + 0.1 exp(-|p_i - p_j|^2 / (2 a^2))
///     loss = sum over i and j of k_ij (1 - P_i . P_j) / number of i
///
/// Obukhov, Georgoulis, Dai and Van Gool, "Gated CRF Loss for Weakly Supervised Semantic Image Segmentation"
/// (arXiv:1906.04651, 2019), with the Potts model. The gates shut out padding.
public struct GatedCRFLoss: Loss, Equatable {
  public let name = "gated"
  public let title = "gated CRF loss"
  public let explanation = "different answers for near cells, the more so of similar colour"
  public var weight = 0.0
  public var needsHost: Bool { true }
  /// Cells from the middle of the window to its side, 1...32.
  public var radius = 5
  /// a in pixels, above 0.
  public var positionDeviation = 24.0
  /// b in grey levels of 0...255, above 0.
  public var colorDeviation = 25.5
  /// Side of a grid cell in pixels, at least 1.
  public var cellSide = CoarseGrid.publishedSide

  /// Weight of the kernel that sees colours; the rest is that of the kernel that sees positions alone.
  private static let colorShare = 0.9

  public init() {}

  public func callAsFunction(_ image: LossInput) throws -> Tensor {
    let grid = try CoarseGrid(image, side: cellSide)
    return try grid.pairEnergy { try sums($0, grid) } / Double(image.batch.images)
  }

  /// The sums over each cell's window, weighted by k; x is `[N, K, h, w]`.
  private func sums(_ x: Tensor, _ grid: CoarseGrid) throws(TorchError) -> Tensor {
    let result = try x.zerosAlike()
    // Each pair once: the second cell comes later in the order of rows.
    for down in 0...min(radius, grid.height - 1) {
      let reach = min(radius, grid.width - 1)
      for right in -reach...reach where down > 0 || right > 0 {
        func pair(_ x: Tensor) throws(TorchError) -> (Tensor, Tensor) {
          let (height, width) = (grid.height, grid.width)
          let (first, second) = (max(0, -right), max(0, right))
          let columns = width - abs(right)
          return (
            try x.sliced(2, 0, height - down).sliced(3, first, first + columns),
            try x.sliced(2, down, height).sliced(3, second, second + columns)
          )
        }
        let (color, otherColor) = try pair(grid.colors)
        let kernel = try kernel(color, otherColor, cells: down * down + right * right, grid.side)
        let (a, b) = try pair(x)
        let (sumA, sumB) = try pair(result)
        try sumA.add(kernel * b)
        try sumB.add(kernel * a)
      }
    }
    return result
  }

  /// k of pairs whose squared distance is `cells`, `[N, 1, ...]`.
  private func kernel(
    _ color: Tensor, _ other: Tensor, cells: Int, _ side: Int
  ) throws(TorchError) -> Tensor {
    let distance = Double(cells * side * side) / (2 * positionDeviation * positionDeviation)
    let contrast = try (color - other).power(2).sum([1], keepingDimensions: true)
    let appearance = try (contrast / (-2 * colorDeviation * colorDeviation)).exponential()
    return try (appearance * Self.colorShare + (1 - Self.colorShare)) * exp(-distance)
  }
}
