import Foundation
import Tensors

/// The tree energy loss: unlabelled cells are to answer as the mean along paths of similar cells (Docs/Method.md, "Further
/// losses").
///
/// On a grid of cells, A_ij = exp(-sum of d along the path from i to j in a minimum spanning tree), F(x) = A x / A 1, once for
/// the tree of colours, once for that of the network's features, and
///
///     Y = F_features(F_colours(P)),  loss = sum over unlabelled i and classes of |P - Y| / number of i
///
/// Liang, Wang, Zhang, Sun and Shen, "Tree Energy Loss: Towards Sparsely Annotated Semantic Segmentation" (CVPR 2022).
/// d is |I_i - I_j|^2 / (2 sigma^2) for colours; for features it is the squared distance over its mean in the tree, as their
/// scale changes while they are learnt. The gradient reaches P on both sides and no features. Computed on the CPU, in float64.
public struct TreeEnergyLoss: Loss, Equatable {
  package let name = "tree"
  package let title = "tree energy loss"
  package let explanation = "answering otherwise than the means of similar cells where nothing is scribbled"
  public var weight = 0.0
  package var needsHost: Bool { true }
  /// sigma in grey levels of 0...255, above 0.
  public var colorDeviation = 6.0
  /// Whether there is a second tree, of the network's features.
  public var usesFeatures = true
  /// Side of a grid cell in pixels, at least 1.
  public var cellSide = CoarseGrid.publishedSide

  public init() {}

  package func callAsFunction(_ image: LossInput) throws -> Tensor {
    let grid = try CoarseGrid(image, side: cellSide)
    let labels = try grid.labels(of: image)
    let images = image.logits.shape[0]
    var losses: [Tensor] = []
    for index in 0..<images {
      func this(_ x: Tensor) throws -> Tensor { try x.sliced(0, index, index + 1) }
      let probability = try this(grid.probability)
      let (value, gradient) = try withoutGradient {
        try energy(
          probability, trees(this(grid.colors), this(image.features), this(grid.inside)),
          isUnlabelled: this(labels).isEqual(to: image.logits.shape[1]), isInside: this(grid.inside))
      }
      losses.append(try probability.carrying(value, gradient: gradient).reshaped([1]))
    }
    return try Tensor.concatenated(losses, 0).mean() * Double(images) / Double(image.batch.images)
  }

  /// The trees of one image in the order in which they filter.
  private func trees(_ colors: Tensor, _ features: Tensor, _ inside: Tensor) throws -> [SpanningForest] {
    let (height, width) = (colors.shape[2], colors.shape[3])
    let isInside = try inside.doubles().map { $0 > 0 }
    func tree(_ features: Tensor, _ scale: Double?) throws -> SpanningForest {
      SpanningForest(
        height: height, width: width, isInside: isInside, features: try features.contiguous().doubles(), scale: scale)
    }
    let low = try tree(colors, 2 * colorDeviation * colorDeviation)
    guard usesFeatures else { return [low] }
    let fitting = try features.to(.float32).resizedBilinear(height: height, width: width)
    return [low, try tree(fitting, nil)]
  }

  /// The loss of one image, and its gradient with respect to `probability`, `[1, C, h, w]`.
  private func energy(
    _ probability: Tensor, _ trees: [SpanningForest], isUnlabelled: Tensor, isInside: Tensor
  ) throws -> (value: Tensor, gradient: Tensor) {
    let own = try probability.contiguous().doubles()
    let means = trees.reduce(own) { $1.means($0) }
    let counted = try (isUnlabelled.to(.float64) * isInside.squeezed(1).to(.float64)).doubles()
    let share = 1 / max(counted.reduce(0, +), 1)
    var value = 0.0
    var slope = [Double](repeating: 0, count: own.count)
    for index in own.indices where counted[index % counted.count] > 0 {
      let difference = own[index] - means[index]
      value += abs(difference) * share
      slope[index] = difference == 0 ? 0 : difference > 0 ? share : -share
    }
    let back = trees.reversed().reduce(slope) { $1.transposedMeans($0) }
    func tensor(_ values: [Double], _ shape: [Int]) throws -> Tensor {
      try Tensor(values, shape).to(probability.type).to(probability.device)
    }
    return (try tensor([value], []), try tensor(zip(slope, back).map { $0 - $1 }, probability.shape))
  }
}

/// The minimum spanning trees of a grid's cells, and sums along their paths.
///
/// Cells side by side and below each other are joined by edges, whose cost is the squared distance of their features; the
/// minimum spanning tree keeps the cheapest edges that join all (Kruskal, 1956). Cells that are shut out have no edges.
struct SpanningForest {
  /// All cells, each behind its parent.
  private let order: [Int]
  /// The parent of each cell; a root is its own.
  private let parent: [Int]
  /// Affinity of each cell to its parent; 0 for a root.
  private let affinity: [Double]

  /// `features` are K planes of `height * width` cells, row-major. The affinity of an edge is exp(-cost / `scale`); a nil
  /// `scale` stands for the mean cost of the trees' edges.
  init(height: Int, width: Int, isInside: [Bool], features: [Double], scale: Double?) {
    let count = height * width
    var edges: [Edge] = []
    edges.reserveCapacity(2 * count)
    for cell in 0..<count where isInside[cell] {
      for (next, isThere) in [(cell + 1, (cell + 1) % width != 0), (cell + width, cell + width < count)]
      where isThere && isInside[next] {
        var cost = 0.0
        for start in stride(from: 0, to: features.count, by: count) {
          let difference = features[start + cell] - features[start + next]
          cost += difference * difference
        }
        edges.append(Edge(cost: cost, first: cell, second: next))
      }
    }
    let kept = Self.cheapest(edges, cellCount: count)
    let mean = kept.isEmpty ? 0 : kept.reduce(0) { $0 + $1.cost } / Double(kept.count)
    let divisor = scale ?? (mean > 0 ? mean : 1)
    (order, parent, affinity) = Self.rooted(kept, cellCount: count) { exp(-$0 / divisor) }
  }

  private struct Edge {
    let cost: Double
    let first: Int
    let second: Int
  }

  /// The edges of the minimum spanning trees; of equal costs the earlier edge comes first.
  private static func cheapest(_ edges: [Edge], cellCount: Int) -> [Edge] {
    let sorted = edges.indices.sorted { (edges[$0].cost, $0) < (edges[$1].cost, $1) }
    var set = Array(0..<cellCount)
    func root(_ cell: Int) -> Int {
      var cell = cell
      while set[cell] != cell {
        set[cell] = set[set[cell]]
        cell = set[cell]
      }
      return cell
    }
    return sorted.compactMap { index in
      let (a, b) = (root(edges[index].first), root(edges[index].second))
      if a == b { return nil }
      set[max(a, b)] = min(a, b)
      return edges[index]
    }
  }

  /// The trees walked through from a root each, breadth first.
  private static func rooted(
    _ edges: [Edge], cellCount: Int, _ affinity: (Double) -> Double
  ) -> (order: [Int], parent: [Int], affinity: [Double]) {
    var neighbours = [[(cell: Int, affinity: Double)]](repeating: [], count: cellCount)
    for edge in edges {
      let near = affinity(edge.cost)
      neighbours[edge.first].append((edge.second, near))
      neighbours[edge.second].append((edge.first, near))
    }
    var parents = [Int?](repeating: nil, count: cellCount)
    var affinities = [Double](repeating: 0, count: cellCount)
    var order: [Int] = []
    order.reserveCapacity(cellCount)
    for start in 0..<cellCount where parents[start] == nil {
      parents[start] = start
      var position = order.count
      order.append(start)
      while position < order.count {
        let cell = order[position]
        for (next, near) in neighbours[cell] where parents[next] == nil {
          parents[next] = cell
          affinities[next] = near
          order.append(next)
        }
        position += 1
      }
    }
    return (order, parents.enumerated().map { $1 ?? $0 }, affinities)
  }

  /// A x for each plane of `planes`, `[K, height, width]`: sum over j of A_ij x_j, where A_ij is the product of affinities
  /// along the path from i to j, 1 for i = j and 0 for cells of different trees. A is symmetric.
  ///
  /// Two passes: sums from the leaves to the root, then from the root to the leaves.
  func sums(_ planes: [Double]) -> [Double] {
    var result = planes
    for start in stride(from: 0, to: planes.count, by: order.count) {
      for cell in order.reversed() where parent[cell] != cell {
        result[start + parent[cell]] += affinity[cell] * result[start + cell]
      }
      for cell in order where parent[cell] != cell {
        let near = affinity[cell]
        let below = result[start + cell]
        result[start + cell] = near * result[start + parent[cell]] + (1 - near * near) * below
      }
    }
    return result
  }

  /// F x = A x / A 1: means along the paths.
  func means(_ planes: [Double]) -> [Double] { zip(sums(planes), repeated(planes.count)).map { $0 / $1 } }

  /// F^T x.
  func transposedMeans(_ planes: [Double]) -> [Double] { sums(zip(planes, repeated(planes.count)).map { $0 / $1 }) }

  /// A 1, once for each plane.
  private func repeated(_ count: Int) -> [Double] {
    let reach = sums([Double](repeating: 1, count: order.count))
    return (0..<count / order.count).flatMap { _ in reach }
  }
}
