import Evaluation
import Images
import Reports
import TestEvaluation
import Testing

@Suite struct PreferenceResultReportTests {
  @Test("table and page show every range") func output() throws {
    let result = try examplePreference()
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
        prediction: exampleRow { _ in 0 }, groundTruth: exampleRow { $0 < 90 ? 0 : $0 < 95 ? 1 : Label.ignored },
        scribbles: exampleRow { $0 == 89 ? 0 : Label.ignored })
      return PreferenceResult(analysis, classes: ["a", "b"], predictions: "w").table
    }
    #expect(try table(.ownClass).contains("5.26 % of the pixels are of a class without a scribble in their image"))
    #expect(try table(.anyClass).contains("nearest scribble of any class"))
  }
}
