/// A range of pixels with its own numbering of vertices, so that ranges can be computed in parallel before they are
/// merged into a lattice.
final class LatticeStripe {
  typealias Link = PermutohedralLattice.Link

  private(set) var table = VertexTable()
  private let pixels: Range<Int>
  private let axisCount: Int
  /// Number of links from the pixels to each of the stripe's vertices.
  private let counts: [Int]
  /// The lattice's number of each vertex; empty as long as it is the stripe's own.
  private var numbers: [Int32] = []

  /// Finds each pixel's simplex and writes its vertices with their barycentric weights, one for each axis, to `links`.
  init(_ pixels: Range<Int>, _ features: Features, into links: UnsafeMutableBufferPointer<Link>) {
    self.pixels = pixels
    axisCount = features.dimensions + 1
    let links = UnsafeMutableBufferPointer(
      rebasing: links[pixels.lowerBound * axisCount..<pixels.upperBound * axisCount])
    LatticeStripe.embed(pixels, features, &table, links)
    var counts = [Int](repeating: 0, count: table.count)
    counts.withUnsafeMutableBufferPointer { counts in
      for link in links { counts[Int(link.index)] += 1 }
    }
    self.counts = counts
  }

  private static func embed(
    _ pixels: Range<Int>, _ features: Features, _ table: inout VertexTable, _ links: UnsafeMutableBufferPointer<Link>
  ) {
    let axisCount = features.dimensions + 1
    let finder = SimplexFinder(dimensions: features.dimensions)
    let steps = PermutohedralLattice.steps(axisCount)
    var last: SimplexFinder.Simplex?
    var next = 0
    withUnsafeTemporaryAllocation(of: Float.self, capacity: axisCount) { fractions in
      for first in stride(from: pixels.lowerBound, to: pixels.upperBound, by: SimplexFinder.capacity) {
        let end = min(first + SimplexFinder.capacity, pixels.upperBound)
        features.write(first..<end, to: finder.features, stride: SimplexFinder.capacity)
        finder.locate()
        for pixel in 0..<end - first {
          let simplex = finder.simplex(pixel, fractions)
          // Neighbouring pixels often share a simplex.
          let isNew = simplex != last
          var point = simplex.first
          for k in 0..<axisCount {
            let rank = axisCount - k
            // The next vertex of a simplex is one step along the axis of the next lower rank.
            if k > 0 { point = point + steps[simplex.axis(ofRank: rank)] }
            links[next + k] = Link(
              index: isNew ? table.number(of: point) : links[next + k - axisCount].index,
              weight: k > 0 ? fractions[rank - 1] - fractions[rank] : 1 + fractions[rank - 1] - fractions[0])
          }
          last = simplex
          next += axisCount
        }
      }
    }
  }

  /// Gives the vertices of `other` their numbers in this stripe, to which new ones are added.
  func number(_ other: LatticeStripe) {
    other.numbers = (0..<other.table.count).map { table.number(of: other.table[$0]) }
  }

  func addCounts(to total: inout [Int]) {
    for (vertex, count) in counts.enumerated() { total[number(vertex)] += count }
  }

  /// Reserves slots for the stripe's links at `next`, the first free slot of each vertex; returns where they start.
  func reserve(_ next: inout [Int]) -> [Int] {
    let starts = counts.indices.map { next[number($0)] }
    for (vertex, count) in counts.enumerated() { next[number(vertex)] += count }
    return starts
  }

  /// Writes the links from vertices to pixels from `starts` on, and renumbers those to vertices by the lattice.
  func turnRound(
    _ vertices: UnsafeMutableBufferPointer<Link>, _ starts: [Int], into links: UnsafeMutableBufferPointer<Link>
  ) {
    var slots = starts
    let axisCount = axisCount
    let isNumbered = !numbers.isEmpty
    numbers.withUnsafeBufferPointer { numbers in
      slots.withUnsafeMutableBufferPointer { slots in
        for pixel in pixels {
          for i in pixel * axisCount..<(pixel + 1) * axisCount {
            let vertex = Int(vertices[i].index)
            links[slots[vertex]] = Link(index: Int32(pixel), weight: vertices[i].weight)
            slots[vertex] += 1
            if isNumbered { vertices[i].index = numbers[vertex] }
          }
        }
      }
    }
  }

  private func number(_ vertex: Int) -> Int { numbers.isEmpty ? vertex : Int(numbers[vertex]) }
}
