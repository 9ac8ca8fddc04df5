import Concurrency

/// The permutohedral lattice for the pixels of a photograph.
///
/// It holds the vertices of the simplices that pixels lie in, and no others.
struct PermutohedralLattice {
  /// A weighted link to a pixel or to a vertex.
  struct Link {
    var index: Int32
    var weight: Float
  }

  /// The neighbours of a vertex along an axis; the number of vertices stands for a missing one.
  struct Neighbors {
    var before: Int32
    var after: Int32
  }

  /// Number of coordinates of a vertex: one more than features.
  let axisCount: Int
  let pixelCount: Int
  let vertexCount: Int
  /// `axisCount` vertices of each pixel, weighted by its barycentric coordinates.
  var vertices: [Link]
  /// The same links reversed, grouped by vertex and in order of pixels.
  var pixels: [Link]
  /// The start of each vertex's links in `pixels`, and the end of the last one's.
  let starts: [Int]
  /// `vertexCount` pairs for each axis.
  let neighbors: [Neighbors]

  /// Independent of the number of threads: vertices are numbered in order of pixels.
  init(_ features: Features, _ team: ThreadTeam) {
    let axisCount = features.dimensions + 1
    let pixelCount = features.image.width * features.image.height
    let parts = ranges(of: pixelCount, parts: team.size)
    var parted = [LatticeStripe?](repeating: nil, count: parts.count)
    var vertices = [Link](unsafeUninitializedCapacity: pixelCount * axisCount) { links, initialized in
      parted.withUnsafeMutableBufferPointer { stripes in
        team(parts.count) { range in
          for i in range { stripes[i] = LatticeStripe(parts[i], features, into: links) }
        }
      }
      initialized = pixelCount * axisCount
    }
    let stripes = parted.compactMap { $0 }

    // The first stripe's vertices become the lattice's; those of the others are added to them.
    for stripe in stripes.dropFirst() { stripes[0].number(stripe) }
    let vertexCount = stripes[0].table.count
    var starts = [Int](repeating: 0, count: vertexCount + 1)
    for stripe in stripes { stripe.addCounts(to: &starts) }
    var position = 0
    for vertex in 0...vertexCount { (starts[vertex], position) = (position, position + starts[vertex]) }
    var next = starts
    let slots = stripes.map { $0.reserve(&next) }

    let pixels = [Link](unsafeUninitializedCapacity: pixelCount * axisCount) { links, initialized in
      vertices.withUnsafeMutableBufferPointer { vertices in
        team(parts.count) { range in
          for i in range { stripes[i].turnRound(vertices, slots[i], into: links) }
        }
      }
      initialized = pixelCount * axisCount
    }

    self.axisCount = axisCount
    self.pixelCount = pixelCount
    self.vertexCount = vertexCount
    self.vertices = vertices
    self.pixels = pixels
    self.starts = starts
    neighbors = PermutohedralLattice.neighbors(stripes[0].table, axisCount: axisCount, team)
  }

  /// The steps to the next vertex along each axis: 1 forward in every coordinate, and `axisCount` back in one.
  static func steps(_ axisCount: Int) -> [LatticePoint] {
    let units = (0..<axisCount - 1).map(LatticePoint.unit)
    let forward = units.reduce(LatticePoint(first: 0, second: 0), +)
    return units.map { forward + $0 * Int64(-axisCount) } + [forward]
  }

  private static func neighbors(_ table: borrowing VertexTable, axisCount: Int, _ team: ThreadTeam) -> [Neighbors] {
    let count = table.count
    let missing = Int32(count)
    let steps = steps(axisCount)
    return [Neighbors](unsafeUninitializedCapacity: count * axisCount) { neighbors, initialized in
      neighbors.initialize(repeating: Neighbors(before: missing, after: missing))
      team(count) { range in
        for axis in 0..<axisCount {
          for vertex in range {
            guard let after = table.find(table[vertex] + steps[axis]) else { continue }
            neighbors[axis * count + vertex].after = after
            // That vertex is the neighbour of this one only, so that no other range writes here.
            neighbors[axis * count + Int(after)].before = Int32(vertex)
          }
        }
      }
      initialized = count * axisCount
    }
  }
}

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
