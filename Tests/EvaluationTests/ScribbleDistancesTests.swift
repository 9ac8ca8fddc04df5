import Evaluation
import Images
import TestEvaluation
import TestSupport
import Testing

@Suite struct ScribbleDistancesTests {
  /// A row of 100 pixels with a scribbled one at its left end: pixel n lies n pixels away. Right but for pixels 5 to 9.
  private func example() throws -> ScribbleDistanceResult {
    var analysis = ScribbleDistanceAnalysis(classCount: 2)
    try analysis.add(
      prediction: exampleRow { 5..<10 ~= $0 ? 1 : 0 }, groundTruth: exampleRow { $0 < 90 ? 0 : Label.ignored },
      scribbles: exampleRow { $0 == 0 ? 1 : Label.ignored })
    return ScribbleDistanceResult(analysis, classes: ["a", "b"], limit: 3)
  }

  @Test("pixels are counted by their distance in pixels, to the upper end of each range") func bins() throws {
    let bins = try example().curve.bins
    #expect(bins.map(\.from) == [0, 5, 10, 20, 40, 80])
    #expect(bins.map(\.to) == [5, 10, 20, 40, 80, nil])
    #expect(bins.map(\.pixels) == [5, 5, 10, 20, 40, 10])
    #expect(bins.map(\.meanIoU) == [1, 0, 1, 1, 1, 1])
  }

  @Test("the file is read back, and one that is none is no result") func file() throws {
    let folder = try TemporaryFolder()
    let path = folder("distances.json")
    #expect(ScribbleDistanceResult(ifPresent: path) == nil)
    try example().write(to: path)
    #expect(try ScribbleDistanceResult(ifPresent: path) == example())
    #expect(ScribbleDistanceResult(ifPresent: try folder.write("x.json", "{}")) == nil)
  }
}
