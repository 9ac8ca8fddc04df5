/// Finds the simplices of the permutohedral lattice that contain features, and the positions of features in them.
///
/// Adams, Baek, Davis, "Fast High-Dimensional Filtering Using the Permutohedral Lattice" (CGF 2010), section 3.
/// Arithmetic runs over `capacity` pixels at a time for each coordinate, so that the compiler can vectorise it.
struct SimplexFinder: ~Copyable {
  /// Number of pixels located at a time.
  static let capacity = 32

  /// A simplex of the lattice.
  struct Simplex: Equatable {
    /// The vertex whose coordinates are multiples of d + 1.
    var first = LatticePoint(first: 0, second: 0)
    /// The coordinate of each rank, four bits each.
    var order: UInt32 = 0

    func axis(ofRank rank: Int) -> Int { Int(order >> UInt32(4 * rank) & 15) }
  }

  private let dimensions: Int
  /// Scales of the features, which make the splatted, blurred and sliced impulse a Gaussian of standard deviation 1.
  private let scales: [Float]
  private let units: [LatticePoint]
  /// Rows of `capacity` values. The caller writes features into the first of these.
  let features: UnsafeMutablePointer<Float>
  private let memory: UnsafeMutableBufferPointer<Float>
  private let elevated: UnsafeMutablePointer<Float>
  private let rounded: UnsafeMutablePointer<Float>
  private let rank: UnsafeMutablePointer<Float>
  private let total: UnsafeMutablePointer<Float>

  init(dimensions d: Int) {
    dimensions = d
    let deviation = Double(d + 1) * (2.0 / 3).squareRoot()
    scales = (0..<d).map { Float(deviation / Double(($0 + 1) * ($0 + 2)).squareRoot()) }
    units = (0..<d).map(LatticePoint.unit)
    let row = SimplexFinder.capacity
    memory = .allocate(capacity: (d + 3 * (d + 1) + 1) * row)
    memory.initialize(repeating: 0)
    features = memory.baseAddress.unsafelyUnwrapped
    elevated = features + d * row
    rounded = elevated + (d + 1) * row
    rank = rounded + (d + 1) * row
    total = rank + (d + 1) * row
  }

  deinit { memory.deallocate() }

  /// Locates all features that were written.
  func locate() {
    elevate()
    round()
    sort()
    wrap()
  }

  /// The simplex of feature `j`; `fractions[r]` becomes the offset of the coordinate of rank r from the simplex's first
  /// vertex, in units of d + 1.
  @inline(__always)
  func simplex(_ j: Int, _ fractions: UnsafeMutableBufferPointer<Float>) -> Simplex {
    let row = SimplexFinder.capacity
    let inverse = 1 / Float(dimensions + 1)
    var simplex = Simplex()
    for i in 0...dimensions {
      let corner = rounded[i * row + j]
      let r = Int(rank[i * row + j])
      fractions[r] = (elevated[i * row + j] - corner) * inverse
      simplex.order |= UInt32(i) << UInt32(4 * r)
      if i < dimensions { simplex.first = simplex.first + units[i] * Int64(corner) }
    }
    return simplex
  }

  /// Projects features onto the hyperplane in d + 1 dimensions whose coordinates sum to zero.
  private func elevate() {
    let row = SimplexFinder.capacity
    let sum = elevated
    for j in 0..<row { sum[j] = 0 }
    for i in stride(from: dimensions, to: 0, by: -1) {
      let (scale, factor) = (scales[i - 1], Float(i))
      let (feature, out) = (features + (i - 1) * row, elevated + i * row)
      for j in 0..<row {
        let scaled = feature[j] * scale
        out[j] = sum[j] - factor * scaled
        sum[j] += scaled
      }
    }
  }

  /// Rounds every coordinate to the nearest multiple of d + 1, and sums them in units of d + 1.
  private func round() {
    let row = SimplexFinder.capacity
    let (size, inverse) = (Float(dimensions + 1), 1 / Float(dimensions + 1))
    // Adding and subtracting 1.5 x 2^23 rounds numbers below 2^22 without a function call.
    let magic: Float = 0x1.8p23
    for j in 0..<row { total[j] = 0 }
    for i in 0...dimensions {
      let (value, out) = (elevated + i * row, rounded + i * row)
      for j in 0..<row {
        let nearest = (value[j] * inverse + magic) - magic
        out[j] = nearest * size
        total[j] += nearest
      }
    }
  }

  /// Ranks coordinates by their remainders of rounding, the largest first.
  private func sort() {
    let row = SimplexFinder.capacity
    for j in 0..<(dimensions + 1) * row { rank[j] = 0 }
    for i in 0..<dimensions {
      let (a, cornerA, rankA) = (elevated + i * row, rounded + i * row, rank + i * row)
      for k in i + 1...dimensions {
        let (b, cornerB, rankB) = (elevated + k * row, rounded + k * row, rank + k * row)
        for j in 0..<row {
          let behind: Float = a[j] - cornerA[j] < b[j] - cornerB[j] ? 1 : 0
          rankA[j] += behind
          rankB[j] += 1 - behind
        }
      }
    }
  }

  /// Moves the coordinates that were rounded the furthest by d + 1, until their sum is zero.
  private func wrap() {
    let row = SimplexFinder.capacity
    let (size, last) = (Float(dimensions + 1), Float(dimensions))
    for i in 0...dimensions {
      let (rank, corner) = (rank + i * row, rounded + i * row)
      for j in 0..<row {
        let moved = rank[j] + total[j]
        let turn: Float = moved < 0 ? size : moved > last ? -size : 0
        rank[j] = moved + turn
        corner[j] += turn
      }
    }
  }
}

/// Lattice points numbered in the order of their first appearance.
///
/// A hash table with open addressing, at most half full.
struct VertexTable: ~Copyable {
  private(set) var count = 0
  /// The points by number; the capacity is half the number of slots.
  private var points: UnsafeMutablePointer<LatticePoint>
  /// Numbers of points by hash; negative for an empty slot.
  private var slots: UnsafeMutableBufferPointer<Int32>

  init() {
    slots = VertexTable.emptySlots(1 << 12)
    points = .allocate(capacity: slots.count / 2)
  }

  deinit {
    slots.deallocate()
    points.deallocate()
  }

  /// The point of a number below `count`.
  subscript(number: Int) -> LatticePoint { points[number] }

  /// The number of `point`, which is added if it is new.
  @inline(__always)
  mutating func number(of point: LatticePoint) -> Int32 {
    let slot = slot(of: point)
    let number = slots[slot]
    return number >= 0 ? number : add(point, slot)
  }

  /// The number of `point`, or nil if it was never added.
  func find(_ point: LatticePoint) -> Int32? {
    let number = slots[slot(of: point)]
    return number < 0 ? nil : number
  }

  /// The slot of `point`, or the empty one where it belongs.
  @inline(__always)
  private func slot(of point: LatticePoint) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: point.hash >> 32) & mask
    while true {
      let number = slots[slot]
      if number < 0 || points[Int(number)] == point { return slot }
      slot = (slot + 1) & mask
    }
  }

  @inline(never)
  private mutating func add(_ point: LatticePoint, _ slot: Int) -> Int32 {
    let number = Int32(count)
    slots[slot] = number
    points[count] = point
    count += 1
    if count * 2 == slots.count { grow() }
    return number
  }

  private mutating func grow() {
    let size = slots.count * 2
    slots.deallocate()
    slots = VertexTable.emptySlots(size)
    let old = points
    points = .allocate(capacity: size / 2)
    points.moveInitialize(from: old, count: count)
    old.deallocate()
    for number in 0..<count { slots[slot(of: points[number])] = Int32(number) }
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutableBufferPointer<Int32> {
    let slots = UnsafeMutableBufferPointer<Int32>.allocate(capacity: count)
    slots.initialize(repeating: -1)
    return slots
  }
}

/// A vertex of a permutohedral lattice of up to five dimensions, as one number per group of its coordinates.
///
/// The packing is linear, so that a step on the lattice is one addition: the first two coordinates take 32 bits each,
/// the next three 21. The last coordinate of d + 1 is left out, since all of them sum to zero.
struct LatticePoint: Equatable {
  var first: Int64
  var second: Int64

  /// The point whose coordinate `axis` is 1 and whose other stored ones are 0.
  static func unit(_ axis: Int) -> LatticePoint {
    axis < 2 ? LatticePoint(first: 1 << (32 * axis), second: 0) : LatticePoint(first: 0, second: 1 << (21 * (axis - 2)))
  }

  static func + (a: LatticePoint, b: LatticePoint) -> LatticePoint {
    LatticePoint(first: a.first &+ b.first, second: a.second &+ b.second)
  }

  static func * (a: LatticePoint, factor: Int64) -> LatticePoint {
    LatticePoint(first: a.first &* factor, second: a.second &* factor)
  }

  /// A hash whose upper bits are well mixed (multiplicative hashing, Knuth, TAOCP 6.4).
  var hash: UInt64 {
    let mixed = UInt64(bitPattern: first) ^ (UInt64(bitPattern: second) &* 0x9E37_79B9_7F4A_7C15)
    return (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
  }
}
