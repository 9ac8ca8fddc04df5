import Foundation

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
