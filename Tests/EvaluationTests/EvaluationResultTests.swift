import Evaluation
import Files
import Foundation
import Images
import TestEvaluation
import TestSupport
import Testing

@Suite struct EvaluationResultTests {
  @Test("the JSON is indented and its keys are sorted") func json() throws {
    let text = String(decoding: try exampleResult().json(), as: UTF8.self)
    #expect(text.hasPrefix("{\n  \"boundary_iou\" : [\n"))
    #expect(text.hasSuffix("}\n"))
    #expect(text.contains("\"weights\" : \"runs/a/w.safetensors\""))
    let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") && $0.contains("\" :") }
      .compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
    #expect(
      keys == [
        "boundary_iou", "classes", "frequency_weighted_iou", "images", "iou", "mean_accuracy", "mean_boundary_iou",
        "mean_iou", "others", "pixel_accuracy", "seconds", "views", "weights",
      ])
    #expect(text.contains("null"))
  }

  @Test("masks of void alone give no numbers: null in the JSON, and never 0") func undefined()
    throws
  {
    var matrix = ConfusionMatrix(classCount: 2)
    var boundary = BoundaryIoU(classCount: 2)
    let prediction = LabelMap(width: 2, height: 1, labels: [0, 1])
    let void = LabelMap(width: 2, height: 1, filledWith: Label.ignored)
    try matrix.add(prediction: prediction, groundTruth: void)
    try boundary.add(prediction: prediction, groundTruth: void)
    let result = EvaluationResult(
      matrix, boundary, classes: ["a", "b"], images: 1, views: .init(scales: [1], mirror: false), weights: "w",
      seconds: 1)
    #expect(result.meanIoU == nil && result.meanBoundaryIoU == nil && result.pixelAccuracy == nil)
    let text = String(decoding: try result.json(), as: UTF8.self)
    for key in ["mean_iou", "pixel_accuracy", "mean_accuracy", "frequency_weighted_iou", "mean_boundary_iou"] {
      #expect(text.contains("\"\(key)\" : null"))
    }
    let folder = try TemporaryFolder()
    #expect(try EvaluationResult(contentsOf: folder.write("x.json", text)).meanIoU == nil)
  }

  @Test("a file that is no result is refused by name") func damaged() throws {
    let folder = try TemporaryFolder()
    for text in ["", "[]", "{}", "{\"classes\": 3}"] {
      let path = try folder.write("x.json", text)
      let error = #expect(throws: FileError.self) { try EvaluationResult(contentsOf: path) }
      #expect(error?.path == path)
      #expect(error?.problem.hasPrefix("is not the JSON of an evaluation") == true)
    }
    let short = String(decoding: try exampleResult().json(), as: UTF8.self).replacingOccurrences(
      of: "\"dog\"", with: "\"dog\", \"x\"")
    let path = try folder.write("short.json", short)
    #expect(throws: FileError.invalid(path, "names 4 classes and gives the IoU of 3")) {
      try EvaluationResult(contentsOf: path)
    }
  }
}
