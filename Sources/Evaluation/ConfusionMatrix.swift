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

/// A prediction that cannot be compared with its ground truth.
public enum EvaluationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Prediction and ground truth are `[height, width]` of different sizes.
  case sizes(prediction: [Int], groundTruth: [Int])
  /// The prediction holds a label that is no class.
  case predictedLabel(UInt8, classCount: Int)
  /// The ground truth holds a label that is neither a class nor `Label.ignored`.
  case groundTruthLabel(UInt8, classCount: Int)
  /// Two matrices to be merged count different classes.
  case classCounts(Int, Int)

  public var description: String {
    switch self {
    case .sizes(let prediction, let groundTruth):
      "The prediction is \(size(prediction)) pixels (width x height) and its ground truth \(size(groundTruth)); "
        + "both must have the size of the photograph."
    case .predictedLabel(let label, let count):
      "The prediction holds label \(label), and the classes are 0...\(count - 1)."
    case .groundTruthLabel(let label, let count):
      "The ground truth holds label \(label), and the classes are 0...\(count - 1), with 255 for void; "
        + "check that the list of classes belongs to these masks."
    case .classCounts(let first, let second):
      "A confusion matrix of \(first) classes cannot be merged with one of \(second)."
    }
  }

  private func size(_ heightAndWidth: [Int]) -> String {
    heightAndWidth.reversed().map(String.init).joined(separator: " x ")
  }
}

extension EvaluationError {
  /// Throws unless both maps have one size and every pixel with ground truth holds a class in both.
  static func requireComparable(
    _ prediction: LabelMap, _ groundTruth: LabelMap, classCount: Int
  ) throws(EvaluationError) {
    guard prediction.width == groundTruth.width, prediction.height == groundTruth.height else {
      throw .sizes(
        prediction: [prediction.height, prediction.width], groundTruth: [groundTruth.height, groundTruth.width])
    }
    for (actual, predicted) in zip(groundTruth.labels, prediction.labels) where actual != Label.ignored {
      if actual >= classCount { throw .groundTruthLabel(actual, classCount: classCount) }
      if predicted >= classCount { throw .predictedLabel(predicted, classCount: classCount) }
    }
  }

  /// The same; scribbles of another size are misuse.
  static func requireComparable(
    _ prediction: LabelMap, _ groundTruth: LabelMap, _ scribbles: LabelMap, classCount: Int
  ) throws(EvaluationError) {
    try requireComparable(prediction, groundTruth, classCount: classCount)
    precondition(
      scribbles.width == groundTruth.width && scribbles.height == groundTruth.height,
      "scribbles have the size of their photograph")
  }
}
