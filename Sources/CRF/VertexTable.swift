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
