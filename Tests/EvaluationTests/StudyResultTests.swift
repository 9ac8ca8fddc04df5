import Evaluation
import Foundation
import TestEvaluation
import TestSupport
import Testing

@Suite struct StudyResultTests {
  @Test("cells hold means over finished runs, and differences over the seeds that both have finished") func cells()
    throws
  {
    let result = try exampleStudy()
    let (reference, other) = (result.cells[0], result.cells[1])
    #expect(abs((reference.statistics.meanIoU?.mean ?? 0) - 0.5) < 1e-15)
    #expect(reference.statistics.meanIoU?.count == 3)
    #expect(reference.differences == nil)
    // Seed 2 has failed.
    #expect(other.statistics.meanIoU?.count == 2)
    #expect(other.differences?.meanIoU?.count == 2)
    #expect(abs((other.differences?.meanIoU?.mean ?? 0) - 0.15) < 1e-15)
    #expect(other.iou.map { $0?.count } == [2, nil, 2])
    #expect(result.count(.failed) == 1 && result.count(.finished) == 5)
  }

  @Test("the JSON is read back") func json() throws {
    let folder = try TemporaryFolder()
    let result = try exampleStudy()
    let text = String(decoding: try result.json(), as: UTF8.self)
    #expect(text.contains("\"interval_95\" : [\n"))
    #expect(try StudyResult(contentsOf: folder.write("study.json", text)) == result)
  }
}
