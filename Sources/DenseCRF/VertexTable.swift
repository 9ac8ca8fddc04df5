/// Lattice points numbered in the order of their first appearance.
///
/// A hash table with open addressing, at most half full.
struct VertexTable: ~Copyable {
  private(set) var count = 0
  /// The points by number; there is room for half as many as there are slots.
  private var points: UnsafeMutablePointer<LatticePoint>
  /// Numbers of points by hash; negative where nobody is.
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

  /// Where `point` is, or where it belongs.
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
