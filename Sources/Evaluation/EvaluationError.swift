import Images

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
}
