import Evaluation
import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite struct EvaluationResultTests {
  private func example() throws -> EvaluationResult {
    var matrix = ConfusionMatrix(classCount: 3)
    try matrix.add(
      prediction: LabelMap(width: 4, height: 1, labels: [0, 0, 0, 1]),
      groundTruth: LabelMap(width: 4, height: 1, labels: [0, 0, 1, 1]))
    return EvaluationResult(
      matrix, classes: ["background", "été", "dog"], images: 1, views: .init(scales: [0.5, 1], mirror: true),
      weights: "runs/a/w.safetensors", seconds: 1.5)
  }

  @Test("a written result reads back equal") func roundTrip() throws {
    let folder = try TemporaryFolder()
    let result = try example()
    try result.write(to: folder("r/evaluation.json"))
    #expect(try EvaluationResult(contentsOf: folder("r/evaluation.json")) == result)
  }

  @Test("the JSON is indented and its keys are sorted") func json() throws {
    let text = String(decoding: try example().json(), as: UTF8.self)
    #expect(text.hasPrefix("{\n  \"classes\" : [\n"))
    #expect(text.hasSuffix("}\n"))
    #expect(text.contains("\"weights\" : \"runs/a/w.safetensors\""))
    let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") && $0.contains("\" :") }
      .compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
    #expect(
      keys == [
        "classes", "frequency_weighted_iou", "images", "iou", "mean_accuracy", "mean_iou", "pixel_accuracy", "seconds",
        "views", "weights",
      ])
    #expect(text.contains("null"))
  }

  @Test("the table is aligned, in percent with two decimals") func table() throws {
    #expect(
      try example().table == """
        class                   IoU %
        -----------------------------
        background              66.67
        été                     50.00
        dog                         –
        -----------------------------
        mean IoU                58.33
        pixel accuracy          75.00
        mean accuracy           75.00
        frequency-weighted IoU  58.33
        """)
  }

  @Test("a file that is no result is refused by name") func damaged() throws {
    let folder = try TemporaryFolder()
    for text in ["", "[]", "{}", "{\"classes\": 3}"] {
      let path = try folder.write("x.json", text)
      let error = #expect(throws: FileError.self) { try EvaluationResult(contentsOf: path) }
      #expect(error?.path == path)
      #expect(error?.problem.hasPrefix("is not the JSON of an evaluation") == true)
    }
    let short = String(decoding: try example().json(), as: UTF8.self).replacingOccurrences(
      of: "\"dog\"", with: "\"dog\", \"x\"")
    let path = try folder.write("short.json", short)
    #expect(throws: FileError.invalid(path, "names 4 classes and gives the IoU of 3")) {
      try EvaluationResult(contentsOf: path)
    }
  }
}
