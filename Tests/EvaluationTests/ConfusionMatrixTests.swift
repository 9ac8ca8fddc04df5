import Evaluation
import Images
import TestSupport
import Testing

@Suite struct ConfusionMatrixTests {
  /// Ground truth 0 0 1 / 1 2 void, prediction 0 1 1 / 0 2 1.
  private func example() throws -> ConfusionMatrix {
    var matrix = ConfusionMatrix(classCount: 4)
    try matrix.add(
      prediction: LabelMap(width: 3, height: 2, labels: [0, 1, 1, 0, 2, 1]),
      groundTruth: LabelMap(width: 3, height: 2, labels: [0, 0, 1, 1, 2, 255]))
    return matrix
  }

  @Test("pixels are counted by ground truth and prediction") func counts() throws {
    let matrix = try example()
    #expect(matrix.counts == [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    #expect(matrix[groundTruth: 0, prediction: 1] == 1)
    #expect(matrix.pixelCount == 5)
  }

  @Test("the figures are those counted by hand") func figures() throws {
    let matrix = try example()
    #expect(matrix.iou == [1.0 / 3, 1.0 / 3, 1, nil])
    #expect(matrix.meanIoU.map { abs($0 - 5.0 / 9).isWithin(1e-15) } == true)
    #expect(matrix.pixelAccuracy == 3.0 / 5)
    #expect(matrix.meanAccuracy.map { abs($0 - 2.0 / 3).isWithin(1e-15) } == true)
    // 2/5 * 1/3 + 2/5 * 1/3 + 1/5 * 1
    #expect(matrix.frequencyWeightedIoU.map { abs($0 - 7.0 / 15).isWithin(1e-15) } == true)
  }

  @Test("a class that is predicted and never there takes no part, and counts against the others") func falseAlarm()
    throws
  {
    var matrix = ConfusionMatrix(classCount: 2)
    try matrix.add(
      prediction: LabelMap(width: 2, height: 1, labels: [0, 1]),
      groundTruth: LabelMap(width: 2, height: 1, labels: [0, 0]))
    #expect(matrix.iou == [0.5, nil])
    #expect(matrix.meanIoU == 0.5)
    #expect(matrix.meanAccuracy == 0.5)
  }

  @Test("an empty matrix has no figures, and so has one of void only") func empty() throws {
    var matrix = ConfusionMatrix(classCount: 2)
    try matrix.add(
      prediction: LabelMap(width: 2, height: 2, filledWith: 200),
      groundTruth: LabelMap(width: 2, height: 2, filledWith: 255))
    #expect(matrix == ConfusionMatrix(classCount: 2))
    #expect(matrix.iou == [nil, nil])
    #expect(matrix.meanIoU == nil)
    #expect(matrix.pixelAccuracy == nil)
    #expect(matrix.meanAccuracy == nil)
    #expect(matrix.frequencyWeightedIoU == nil)
  }

  @Test("maps of different sizes are refused") func sizes() {
    var matrix = ConfusionMatrix(classCount: 2)
    #expect(throws: EvaluationError.sizes(prediction: [3, 2], groundTruth: [2, 3])) {
      try matrix.add(
        prediction: LabelMap(width: 2, height: 3, filledWith: 0),
        groundTruth: LabelMap(width: 3, height: 2, filledWith: 0))
    }
  }

  @Test("labels that are no class are refused, and nothing is counted") func strangers() {
    var matrix = ConfusionMatrix(classCount: 2)
    let fine = LabelMap(width: 2, height: 1, labels: [0, 1])
    let strange = LabelMap(width: 2, height: 1, labels: [0, 2])
    #expect(throws: EvaluationError.predictedLabel(2, classCount: 2)) {
      try matrix.add(prediction: strange, groundTruth: fine)
    }
    let error = #expect(throws: EvaluationError.self) { try matrix.add(prediction: fine, groundTruth: strange) }
    #expect(error == .groundTruthLabel(2, classCount: 2))
    #expect(error?.description.contains("label 2, and the classes are 0...1") == true)
    #expect(matrix == ConfusionMatrix(classCount: 2))
  }

  @Test("merging adds the counts of the same classes") func merging() throws {
    var sum = try example()
    try sum.merge(try example())
    #expect(sum.counts == (try example()).counts.map { 2 * $0 })
    #expect(throws: EvaluationError.classCounts(4, 2)) { try sum.merge(ConfusionMatrix(classCount: 2)) }
  }
}
