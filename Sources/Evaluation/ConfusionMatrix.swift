import Images

/// Pixel counts by true and predicted class.
///
/// Ground truth pixels that are `Label.ignored` are left out, whatever was predicted there. Ratios are in 0...1, and
/// nil where they would divide by zero.
public struct ConfusionMatrix: Sendable, Equatable {
  public let classCount: Int
  /// `classCount * classCount` pixel counts, one row for each class of the ground truth.
  public private(set) var counts: [Int]

  /// An empty matrix for 1...255 classes.
  public init(classCount: Int) {
    precondition((1...255).contains(classCount), "a confusion matrix needs 1...255 classes")
    self.classCount = classCount
    counts = Array(repeating: 0, count: classCount * classCount)
  }

  /// The pixels of one class that were predicted as another, or as itself.
  public subscript(groundTruth groundTruth: Int, prediction prediction: Int) -> Int {
    counts[groundTruth * classCount + prediction]
  }

  /// Counts the pixels of one image.
  ///
  /// Throws when the sizes differ or a label is no class, and then counts nothing.
  public mutating func add(prediction: LabelMap, groundTruth: LabelMap) throws(EvaluationError) {
    try EvaluationError.requireComparable(prediction, groundTruth, classCount: classCount)
    let width = classCount
    counts.withUnsafeMutableBufferPointer { counts in
      for (row, column) in zip(groundTruth.labels, prediction.labels) where row != Label.ignored {
        counts[Int(row) * width + Int(column)] += 1
      }
    }
  }

  /// Counts one pixel; both labels are classes.
  mutating func count(groundTruth: UInt8, prediction: UInt8) {
    counts[Int(groundTruth) * classCount + Int(prediction)] += 1
  }

  /// Adds the counts of another matrix of the same classes.
  public mutating func merge(_ other: ConfusionMatrix) throws(EvaluationError) {
    guard other.classCount == classCount else { throw .classCounts(classCount, other.classCount) }
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// The pixels counted.
  public var pixelCount: Int { counts.reduce(0, +) }

  /// Intersection over union of each class, TP / (TP + FP + FN); nil for a class that is not in the ground truth, where
  /// it could be 0 only.
  public var iou: [Double?] {
    let (rows, columns) = (rowSums, columnSums)
    return (0..<classCount).map { index in
      let hits = self[groundTruth: index, prediction: index]
      return rows[index] == 0 ? nil : ratio(hits, rows[index] + columns[index] - hits)
    }
  }

  /// The mean of `iou` over the classes in the ground truth.
  ///
  /// On a complete validation set every class occurs, and this is the mean over all classes. On few images, a class
  /// that is not there takes no part, though what is predicted as it counts against the classes that are.
  public var meanIoU: Double? { mean(iou) }

  /// The share of pixels predicted right.
  public var pixelAccuracy: Double? {
    ratio((0..<classCount).reduce(0) { $0 + self[groundTruth: $1, prediction: $1] }, pixelCount)
  }

  /// The mean, over the classes in the ground truth, of the share of their pixels predicted right.
  public var meanAccuracy: Double? { mean(recall) }

  /// The share of each class's pixels that was predicted right; nil for a class that is not in the ground truth.
  public var recall: [Double?] {
    zip(0..., rowSums).map { ratio(self[groundTruth: $0, prediction: $0], $1) }
  }

  /// The mean of `iou` weighted with the classes' shares of the ground truth.
  public var frequencyWeightedIoU: Double? {
    let total = pixelCount
    guard total > 0 else { return nil }
    return zip(rowSums, iou).reduce(0) { $0 + Double($1.0) / Double(total) * ($1.1 ?? 0) }
  }

  /// The pixels of each class in the ground truth.
  public var rowSums: [Int] {
    (0..<classCount).map { row in (0..<classCount).reduce(0) { $0 + counts[row * classCount + $1] } }
  }

  private var columnSums: [Int] {
    (0..<classCount).map { column in (0..<classCount).reduce(0) { $0 + counts[$1 * classCount + column] } }
  }
}

/// `part` over `whole`, in 0...1; nil where `whole` is 0.
package func ratio(_ part: Int, _ whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }

/// The mean of the values that are not nil; nil where there is none.
package func mean(_ values: [Double?]) -> Double? {
  let present = values.compactMap { $0 }
  return present.isEmpty ? nil : present.reduce(0, +) / Double(present.count)
}
