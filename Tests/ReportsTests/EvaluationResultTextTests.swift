import Evaluation
import Files
import Images
import Reports
import TestEvaluation
import TestSupport
import Testing

@Suite struct EvaluationResultTextTests {
  @Test("a written result reads back with the same numbers") func roundTrip() throws {
    let folder = try TemporaryFolder()
    var result = try exampleResult(crf: ["crf_steps": 1, "crf_gaussian_weight": 3])
    result.others = [try exampleResult()]
    try result.write(to: folder("r/evaluation.json"))
    let read = try EvaluationResult(contentsOf: folder("r/evaluation.json"))
    #expect(try read.json() == result.json())
    #expect(read.others.count == 1)
    #expect(read.crf == result.crf)
    #expect(read.confusion == nil)
  }

  @Test("the confusion matrix is written beside it as a picture") func picture() throws {
    let folder = try TemporaryFolder()
    let result = try exampleResult()
    try result.write(to: folder("own.json"))
    #expect(EvaluationResult.picturePath(beside: "a/own.json") == "a/own.confusion.svg")
    let picture = try InputFile.text(folder("own.confusion.svg"))
    #expect(picture == ConfusionPicture(try #require(result.confusion), classes: result.classes).svg())
  }

  @Test("the table is aligned, in percent with two decimals") func table() throws {
    #expect(
      try exampleResult().table == """
        class                   IoU %  boundary IoU %
        ---------------------------------------------
        background              66.67           66.67
        été                     50.00           50.00
        dog                         –               –
        ---------------------------------------------
        mean IoU                58.33           58.33
        pixel accuracy          75.00
        mean accuracy           75.00
        frequency-weighted IoU  58.33

        In no mask, and left out of the means: dog.
        """)
  }

  @Test("several ways to predict are compared below the table, the cheapest first") func ways() throws {
    var result = try exampleResult(crf: ["crf_steps": 1])
    result.others = [try exampleResult()]
    let lines = result.table.split(separator: "\n", omittingEmptySubsequences: false).suffix(4)
    #expect(
      Array(lines) == [
        "views                         mean IoU %  pixel acc. %  mean acc. %  freq.-w. IoU %  mean boundary IoU %",
        "--------------------------------------------------------------------------------------------------------",
        "scales 0.5, 1 x mirror             58.33         75.00        75.00           58.33                58.33",
        "scales 0.5, 1 x mirror + CRF       58.33         75.00        75.00           58.33                58.33",
      ])
  }

  @Test("masks of void alone give dashes in the table, and never 0") func undefined() throws {
    var matrix = ConfusionMatrix(classCount: 2)
    var boundary = BoundaryIoU(classCount: 2)
    let prediction = LabelMap(width: 2, height: 1, labels: [0, 1])
    let void = LabelMap(width: 2, height: 1, filledWith: Label.ignored)
    try matrix.add(prediction: prediction, groundTruth: void)
    try boundary.add(prediction: prediction, groundTruth: void)
    let result = EvaluationResult(
      matrix, boundary, classes: ["a", "b"], images: 1, views: .single, weights: "w", seconds: 1)
    #expect(!result.table.contains("0.00"))
    #expect(result.table.hasSuffix("\n\nThe masks hold no class, so that nothing could be evaluated."))
  }
}
