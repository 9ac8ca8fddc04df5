import Evaluation
import Images

/// The result of one row of four pixels, three of which are predicted right, with three classes.
public func exampleResult(crf: [String: Double]? = nil) throws -> EvaluationResult {
  var matrix = ConfusionMatrix(classCount: 3)
  var boundary = BoundaryIoU(classCount: 3)
  let prediction = LabelMap(width: 4, height: 1, labels: [0, 0, 0, 1])
  let groundTruth = LabelMap(width: 4, height: 1, labels: [0, 0, 1, 1])
  try matrix.add(prediction: prediction, groundTruth: groundTruth)
  try boundary.add(prediction: prediction, groundTruth: groundTruth)
  return EvaluationResult(
    matrix, boundary, classes: ["background", "été", "dog"], images: 1, views: .init(scales: [0.5, 1], mirror: true),
    crf: crf, weights: "runs/a/w.safetensors", seconds: 1.5)
}

/// A row of 100 pixels, whose diagonal is 100.005: a pixel is 1 % of it.
public func exampleRow(_ label: (Int) -> UInt8) -> LabelMap {
  LabelMap(width: 100, height: 1, labels: (0..<100).map(label))
}

/// Class 0 on the left half and 1 on the right, with a scribble pixel at both ends; the prediction is off by 5.
public func examplePreference(
  _ reference: PreferenceAnalysis.Reference = .ownClass
) throws -> PreferenceResult {
  var analysis = PreferenceAnalysis(classCount: 3, reference: reference)
  try analysis.add(
    prediction: exampleRow { $0 < 45 ? 0 : 1 }, groundTruth: exampleRow { $0 < 50 ? 0 : 1 },
    scribbles: exampleRow { $0 == 0 ? 0 : $0 == 99 ? 1 : Label.ignored })
  return PreferenceResult(analysis, classes: ["background", "cat", "dog"], predictions: "w")
}
