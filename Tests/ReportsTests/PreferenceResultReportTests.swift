import Evaluation
import Images
import Reports
import Testing

@Suite struct PreferenceResultReportTests {
  /// A row of 100 pixels, whose diagonal is 100.005: a pixel is 1 % of it.
  private func row(_ label: (Int) -> UInt8) -> LabelMap {
    LabelMap(width: 100, height: 1, labels: (0..<100).map(label))
  }

  /// Class 0 on the left half and 1 on the right, with a scribble pixel at both ends; the prediction is off by 5.
  private func example(_ reference: PreferenceAnalysis.Reference = .ownClass) throws -> PreferenceResult {
    var analysis = PreferenceAnalysis(classCount: 3, reference: reference)
    try analysis.add(
      prediction: row { $0 < 45 ? 0 : 1 }, groundTruth: row { $0 < 50 ? 0 : 1 },
      scribbles: row { $0 == 0 ? 0 : $0 == 99 ? 1 : Label.ignored })
    return PreferenceResult(analysis, classes: ["background", "cat", "dog"], predictions: "w")
  }

  @Test("table and page show every range") func output() throws {
    let result = try example()
    let lines = result.table.split(separator: "\n")
    #expect(lines[0] == "By distance to the nearest scribble of the pixel's own class")
    #expect(lines[1] == "% of the diagonal  % of the pixels   IoU %  recall %  classes")
    #expect(lines[3] == "0–0.5                         2.00  100.00    100.00        2")
    #expect(lines[13] == "≥ 24                         50.00   81.67     90.00        2")
    let page = try Report(title: "t", preference: result).html()
    #expect(page.components(separatedBy: "<figure class=\"chart\">").count == 3)
    #expect(page.contains("<td>50.00</td><td>81.67</td><td>90.00</td><td>2</td>"))
  }

  @Test("the tables name the scribbles that count, and the pixels without any") func missing() throws {
    func table(_ reference: PreferenceAnalysis.Reference) throws -> String {
      var analysis = PreferenceAnalysis(classCount: 2, reference: reference)
      try analysis.add(
        prediction: row { _ in 0 }, groundTruth: row { $0 < 90 ? 0 : $0 < 95 ? 1 : Label.ignored },
        scribbles: row { $0 == 89 ? 0 : Label.ignored })
      return PreferenceResult(analysis, classes: ["a", "b"], predictions: "w").table
    }
    #expect(try table(.ownClass).contains("5.26 % of the pixels are of a class without a scribble in their image"))
    #expect(try table(.anyClass).contains("nearest scribble of any class"))
  }
}
