import CRF
import Images
import Tensors

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
  public let name = "dense"
  public let title = "dense CRF loss"
  public let explanation = "different answers in the whole photograph, for near cells of similar colour"
  public var weight = 0.0
  public var needsHost: Bool { true }
  /// Standard deviation of positions in pixels, above 0.
  public var positionDeviation = 100.0
  /// Standard deviation of colours in grey levels of 0...255, above 0.
  public var colorDeviation = 15.0
  /// Side of a grid cell in pixels, at least 1.
  public var cellSide = CoarseGrid.publishedSide

  /// Fewer cells than this for each thread, and threads would wait for each other more than they work.
  private static let cellsPerThread = 4096

  public init() {}

  public func callAsFunction(_ image: LossInput) throws -> Tensor {
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
