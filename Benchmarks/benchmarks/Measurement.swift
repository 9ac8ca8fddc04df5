/// What one task took on one side.
struct Measurement {
  private let sorted: [Double]
  /// Bytes.
  let peakMemory: Int

  init(_ values: [Double], peakMemory: Int) {
    sorted = values.sorted()
    self.peakMemory = peakMemory
  }

  var median: Double { sorted[sorted.count / 2] }
  var least: Double { sorted[0] }
  var most: Double { sorted[sorted.count - 1] }
}

/// A task with what it took on both sides.
struct Comparison {
  let task: Task
  let ours: Measurement
  /// Nil for the bounds that only we are held against.
  let peer: Measurement?

  /// How many times as fast ours is.
  var speedup: Double? { peer.map { $0.median / ours.median } }
  /// Our memory over the peer's.
  var memoryShare: Double? { peer.map { Double(ours.peakMemory) / Double($0.peakMemory) } }
}
