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
