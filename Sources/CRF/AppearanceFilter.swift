import Concurrency
import Images

/// Sums over all pixels of a photograph, weighted by a Gaussian of their distance in position and colour.
///
/// With K the Gaussian of positions and colours as approximated by the permutohedral lattice (Adams, Baek and Davis,
/// Eurographics 2010) and N = diag(K 1)^(-1/2), the weights are W = (N K N + (N K N)^T) / 2: symmetric also where the
/// lattice is not, at its border. Sums of a row are near 1. The result does not depend on the number of threads.
package struct AppearanceFilter {
  private let kernel: GaussianKernel
  private let team: ThreadTeam

  /// `positionDeviation` is in pixels, `colorDeviation` in grey levels; below 0.1 they count as 0.1.
  package init(_ image: Image, positionDeviation: Double, colorDeviation: Double, threads: Int) {
    precondition(threads > 0, "a filter needs a thread")
    team = ThreadTeam(size: threads)
    kernel = GaussianKernel(
      Features(image, positionDeviation: positionDeviation, colorDeviation: colorDeviation), weight: 1, team)
  }

  /// W x of each plane: float32 `[planeCount, H, W]` in row-major order, H x W being the photograph's size.
  package func callAsFunction(_ planes: [Float], planeCount: Int) -> [Float] {
    precondition(planeCount > 0 && planes.count % planeCount == 0, "all planes have the photograph's size")
    var values = ClassBlocks(planes, classCount: planeCount, team) { $0 }
    let (pixelCount, blockCount, team) = (values.pixelCount, values.blockCount, team)
    values.withUnsafeMutableBlocks { blocks in
      for first in stride(from: 0, to: blockCount * pixelCount, by: pixelCount) {
        let sums = kernel.blurred(blocks + first)
        let transposed = kernel.blurred(blocks + first, isTransposed: true)
        kernel.withSums(sums) { sums in
          kernel.withSums(transposed) { transposed in
            team(pixelCount) { range in
              for pixel in range { blocks[first + pixel] = (sums[pixel] + transposed[pixel]) * 0.5 }
            }
          }
        }
      }
    }
    return values.planes(team)
  }
}
