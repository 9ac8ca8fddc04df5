import ArgumentParser

/// A task at one size of its input, square images.
struct GrowthPoint: Codable, Hashable {
  enum Task: String, Codable, CaseIterable, ExpressibleByArgument {
    case view
    case trainingStep = "training_step"

    /// The peer's name of it.
    var peerName: String { self == .view ? "single_view" : rawValue }
  }

  /// The side at which the batch grows.
  static let batchSide = 384
  /// Images of a batch where the side grows.
  static func batch(of task: Task) -> Int { task == .view ? 1 : 2 }

  let task: Task
  /// Pixels.
  let side: Int
  /// Images.
  let batch: Int

  /// All points, by side and by batch; one that belongs to both is there once.
  static let all: [GrowthPoint] = {
    let sides: [Task: [Int]] = [
      .view: [256, 384, 512, 640, 768, 1024, 1536, 2048], .trainingStep: [256, 384, 512, 640, 768],
    ]
    return Task.allCases.flatMap { task in
      let bySide = (sides[task] ?? []).map { GrowthPoint(task: task, side: $0, batch: batch(of: task)) }
      let byBatch = [1, 2, 4, 8].map { GrowthPoint(task: task, side: batchSide, batch: $0) }
      return bySide + byBatch.filter { !bySide.contains($0) }
    }
  }()

  /// Whether the peer can do it in 16 GB: its tables hold all pairs of positions of every image. Its batch normalisation
  /// does not learn from a single image.
  var fitsPeer: Bool {
    let positions = Double((side / 4) * (side / 4))
    let pairs = positions * positions * Double(batch)
    return task == .view ? pairs < 7e8 : pairs < 6e8 && batch > 1
  }
}
