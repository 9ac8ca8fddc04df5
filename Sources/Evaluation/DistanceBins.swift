/// Pixels sorted by a distance, with a confusion matrix for each range of it.
struct DistanceBins: Sendable, Equatable {
  /// Where each range but the first begins, in shares of the image's diagonal: images differ in size, and the width of a
  /// scribble's neighbourhood that a network sees as one differs with it. 1 % is 6 pixels at 500 x 375.
  static let edges: [Double] = [0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24]

  /// One matrix for each range, the last one without an end.
  private(set) var matrices: [ConfusionMatrix]
  /// Sums of the distances in each range, in shares of the diagonal.
  private(set) var sums: [Double]
  /// Pixels whose distance is infinite.
  private(set) var beyond: ConfusionMatrix

  init(classCount: Int) {
    beyond = ConfusionMatrix(classCount: classCount)
    matrices = Array(repeating: beyond, count: Self.edges.count + 1)
    sums = Array(repeating: 0, count: Self.edges.count + 1)
  }

  /// Counts a pixel at a distance given in shares of the diagonal; both labels are classes.
  mutating func count(groundTruth: UInt8, prediction: UInt8, distance: Double) {
    guard distance.isFinite else { return beyond.count(groundTruth: groundTruth, prediction: prediction) }
    var bin = 0
    while bin < Self.edges.count && distance >= Self.edges[bin] { bin += 1 }
    matrices[bin].count(groundTruth: groundTruth, prediction: prediction)
    sums[bin] += distance
  }
}
