import Evaluation
import Foundation
import Images
import TestEvaluation
import TestSupport
import Testing

@Suite struct PreferenceAnalysisTests {
  /// Distances are kept in float32.
  static let tolerance = 1e-6

  @Test("pixels are sorted by their distance to the scribble of their class") func scribbles() throws {
    let curve = try examplePreference().byScribbleDistance
    // Both ends have one pixel at each distance from 0 to 49, each a bit below as many percent.
    #expect(curve.bins.map(\.from) == [0, 0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24])
    #expect(curve.bins.dropLast().map(\.to) == curve.bins.dropFirst().map(\.from))
    #expect(curve.bins.last?.to == nil)
    #expect(curve.bins.map(\.pixels) == [2, 2, 2, 2, 2, 4, 4, 8, 8, 16, 50])
    #expect(curve.pixelsWithout == 0)
    #expect(curve.pixels == 100)
    #expect(curve.bins.dropLast().allSatisfy { $0.meanIoU == 1 && $0.meanRecall == 1 && $0.classCount == 2 })
    // The last bin: 25 pixels of each class, 5 of class 0 taken for 1.
    let last = try #require(curve.bins.last)
    let (iou, recall): ([Double?], [Double?]) = ([0.8, 25.0 / 30, nil], [0.8, 1, nil])
    #expect(last.iou == iou)
    #expect(last.recall == recall)
    #expect(last.meanRecall == 0.9)
    // The mean of 25 to 49 pixels.
    let distance = try #require(last.meanDistance)
    let difference = abs(distance - 37 / 10_001.0.squareRoot())
    #expect(difference.isWithin(Self.tolerance), "\(difference)")
  }

  @Test("pixels are sorted by their depth inside the object") func depth() throws {
    let bins = try examplePreference().byDepth.bins
    // Depths from 1 to 50 in both halves.
    #expect(bins.map(\.pixels) == [0, 2, 2, 2, 2, 4, 4, 8, 8, 16, 52])
    // The wrong pixels are those at depths 1 to 5 of class 0: depths 5 and 6 share a range.
    let recall: [Double?] = [nil, 0, 0, 0, 0, 0.5, 1, 1, 1, 1, 1]
    #expect(bins.map { $0.recall[0] } == recall)
    #expect(bins[0].meanDistance == nil && bins[0].meanIoU == nil)
  }

  @Test("a class without a scribble is set apart, unless scribbles of any class count") func missing() throws {
    func analysis(_ reference: PreferenceAnalysis.Reference) throws -> PreferenceResult {
      var analysis = PreferenceAnalysis(classCount: 2, reference: reference)
      try analysis.add(
        prediction: exampleRow { _ in 0 }, groundTruth: exampleRow { $0 < 90 ? 0 : $0 < 95 ? 1 : Label.ignored },
        scribbles: exampleRow { $0 == 89 ? 0 : Label.ignored })
      return PreferenceResult(analysis, classes: ["a", "b"], predictions: "w")
    }
    let own = try analysis(.ownClass)
    #expect(own.byScribbleDistance.pixelsWithout == 5)
    #expect(own.byScribbleDistance.pixels == 95)
    let any = try analysis(.anyClass)
    #expect(any.byScribbleDistance.pixelsWithout == 0)
    #expect(any.byScribbleDistance.bins[1].pixels == 2)
  }

  @Test("classes that are only predicted take no part in a range's mean") func strayPrediction() throws {
    var analysis = PreferenceAnalysis(classCount: 3)
    try analysis.add(
      prediction: exampleRow { $0 == 0 ? 2 : 0 }, groundTruth: exampleRow { _ in 0 }, scribbles: exampleRow { _ in 0 })
    let result = PreferenceResult(analysis, classes: ["a", "b", "c"], predictions: "w")
    let iou: [Double?] = [0.99, nil, nil]
    #expect(result.byScribbleDistance.bins[0].iou == iou)
    #expect(result.byScribbleDistance.bins[0].meanIoU == 0.99)
    // One region alone has no contour.
    #expect(result.byDepth.pixelsWithout == 100)
  }

  @Test("images of all sizes are counted by the share of their own diagonal") func sizes() throws {
    var analysis = PreferenceAnalysis(classCount: 1)
    for width in [100, 1000] {
      let map = LabelMap(width: width, height: 1, filledWith: 0)
      var scribbles = LabelMap(width: width, height: 1, filledWith: Label.ignored)
      scribbles.labels[0] = 0
      try analysis.add(prediction: map, groundTruth: map, scribbles: scribbles)
    }
    let result = PreferenceResult(analysis, classes: ["a"], predictions: "w")
    #expect(result.images == 2)
    #expect(result.byScribbleDistance.bins.map(\.pixels) == [7, 6, 11, 11, 11, 22, 22, 44, 44, 88, 834])
  }

  @Test("what cannot be compared is refused, and nothing is counted") func refusals() throws {
    var analysis = PreferenceAnalysis(classCount: 2)
    #expect(throws: EvaluationError.predictedLabel(2, classCount: 2)) {
      try analysis.add(
        prediction: exampleRow { _ in 2 }, groundTruth: exampleRow { _ in 0 }, scribbles: exampleRow { _ in 0 })
    }
    #expect(analysis.images == 0)
    #expect(PreferenceResult(analysis, classes: ["a", "b"], predictions: "w").byDepth.pixels == 0)
  }

  @Test("the JSON reads back") func output() throws {
    let result = try examplePreference()
    #expect(try JSONDecoder().decode(PreferenceResult.self, from: result.json()) == result)
  }
}
