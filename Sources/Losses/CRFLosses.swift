import CRF
import Foundation
import Images
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
  package let name = "potts"
  package let title = "Potts loss"
  package let explanation = "borders between neighbours of similar colour"
  public var weight = 0.0
  package var needsHost: Bool { true }
  /// sigma in grey levels of 0...255, above 0.
  public var colorDeviation = 15.0
  /// Side of a grid cell in pixels, at least 1.
  public var cellSide = CoarseGrid.publishedSide

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    let grid = try CoarseGrid(image, side: cellSide)
    let pairs = try grid.neighbourWeights(colorDeviation: colorDeviation)
    let sums = try pairs.map { try ($0.weight * $0.differences(grid.probability).power(2)).sum() / 2 }
    let count = try pairs[0].pairCount + pairs[1].pairCount
    return try (sums[0] + sums[1]).perOne(of: count) / Double(image.batch.images)
  }
}

/// The dense CRF loss: all pairs of cells, the more so near and of similar colour, are to have the same class (Docs/Method.md,
/// "Further losses").
///
/// On a grid of cells, with s_k the probabilities of class k in all cells and W the weights of all pairs,
///
///     loss = sum over k of s_k^T W (1 - s_k) / number of cells
///
/// Tang, Perazzi, Djelouah, Ben Ayed, Schroers and Boykov, "On Regularized Losses for Weakly-supervised CNN Segmentation"
/// (ECCV 2018), with another normalisation: W is the Gaussian of positions and colours by the permutohedral lattice,
/// normalised symmetrically as in the dense CRF (`AppearanceFilter`), so that the loss lies between 0 and about 1 for every
/// size. Computed on the CPU, in float32.
public struct DenseCRFLoss: Loss, Equatable {
  package let name = "dense"
  package let title = "dense CRF loss"
  package let explanation = "different answers in the whole photograph, for near cells of similar colour"
  public var weight = 0.0
  package var needsHost: Bool { true }
  /// Standard deviation of positions in pixels, above 0.
  public var positionDeviation = 100.0
  /// Standard deviation of colours in grey levels of 0...255, above 0.
  public var colorDeviation = 15.0
  /// Side of a grid cell in pixels, at least 1.
  public var cellSide = CoarseGrid.publishedSide

  /// Fewer cells than this for each thread, and threads would wait for each other more than they work.
  private static let cellsPerThread = 4096

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    let grid = try CoarseGrid(image, side: cellSide)
    let images = image.logits.shape[0]
    let energy = try grid.pairEnergy { x in
      let parts = try (0..<images).map { index in
        func this(_ x: Tensor) throws -> Tensor { try x.sliced(0, index, index + 1) }
        return try filtered(this(x), colors: this(grid.colors), grid.side)
      }
      return try .concatenated(parts, 0)
    }
    return try energy / Double(image.batch.images)
  }

  /// W x of one image; x is `[1, K, h, w]`, `colors` `[1, 3, h, w]`.
  private func filtered(_ x: Tensor, colors: Tensor, _ side: Int) throws -> Tensor {
    let (planes, height, width) = (x.shape[1], x.shape[2], x.shape[3])
    let pixels = try colors.permuted([0, 2, 3, 1]).contiguous().floats().map { UInt8(min(max($0.rounded(), 0), 255)) }
    let threads = max(1, min(LibTorch.threadCount, height * width / Self.cellsPerThread))
    let filter = AppearanceFilter(
      Image(width: width, height: height, pixels: pixels), positionDeviation: positionDeviation / Double(side),
      colorDeviation: colorDeviation, threads: threads)
    let sums = filter(try x.contiguous().floats(), planeCount: planes)
    return try Tensor(sums, x.shape).to(x.type).to(x.device)
  }
}

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
  package let name = "gated"
  package let title = "gated CRF loss"
  package let explanation = "different answers for near cells, the more so of similar colour"
  public var weight = 0.0
  package var needsHost: Bool { true }
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

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
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
