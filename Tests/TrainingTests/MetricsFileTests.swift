import Files
import Foundation
import TestSupport
import Testing
import Training

@Suite("A run's record")
struct MetricsFileTests {
  private func entry(_ iteration: Int, score: Double? = nil) -> MetricsEntry {
    var entry = MetricsEntry(iteration: iteration, epoch: iteration / 3)
    entry.meanIoU = score
    entry.scribbleLoss = score == nil ? 0.5 : nil
    return entry
  }

  @Test("holds one JSON object a line, with names that other programs expect")
  func lines() throws {
    let folder = try TemporaryFolder()
    var entry = MetricsEntry(iteration: 3, epoch: 1)
    (entry.learningRate, entry.scribbleLoss, entry.segmentationLoss) = (0.25, 1.5, 2.5)
    (entry.imagesPerSecond, entry.meanIoU) = (4, 0.75)
    try MetricsFile(folder("metrics.jsonl"), keepingUpTo: 0).append(entry)
    let text = try InputFile.text(folder("metrics.jsonl"))
    #expect(
      text == """
        {"epoch":1,"images_per_second":4,"iteration":3,"learning_rate":0.25,"mean_iou":0.75,"scribble_loss":1.5,\
        "segmentation_loss":2.5}

        """)
    #expect(try MetricsFile.read(folder("metrics.jsonl")) == [entry])
  }

  @Test("opened anew, keeps what precedes an iteration and drops what followed")
  func truncating() throws {
    let folder = try TemporaryFolder()
    let path = folder("metrics.jsonl")
    let record = try MetricsFile(path, keepingUpTo: 0)
    for iteration in 1...6 { try record.append(entry(iteration)) }
    try record.append(entry(6, score: 0.5))
    let again = try MetricsFile(path, keepingUpTo: 4)
    #expect(try MetricsFile.read(path).map(\.iteration) == [1, 2, 3, 4])
    try again.append(entry(5, score: 0.25))
    #expect(try MetricsFile.read(path) == (1...4).map { entry($0) } + [entry(5, score: 0.25)])
  }

  @Test("a line cut short by a crash is left out, and the next entry begins a line of its own")
  func damage() throws {
    let folder = try TemporaryFolder()
    let path = folder("metrics.jsonl")
    let record = try MetricsFile(path, keepingUpTo: 0)
    for iteration in 1...2 { try record.append(entry(iteration)) }
    let whole = try InputFile.text(path)
    try folder.write("metrics.jsonl", whole + "{\"iteration\":3,\"epo")
    #expect(try MetricsFile.read(path).map(\.iteration) == [1, 2])
    try MetricsFile(path, keepingUpTo: 9).append(entry(3))
    #expect(try MetricsFile.read(path).map(\.iteration) == [1, 2, 3])
    #expect(try InputFile.lines(path).count == 3)
  }

  @Test("is empty where there is no file yet")
  func missing() throws {
    #expect(try MetricsFile.read(TemporaryFolder()("metrics.jsonl")).isEmpty)
  }

  @Test("a number that JSON cannot hold is refused with the file's name")
  func notANumber() throws {
    let folder = try TemporaryFolder()
    let record = try MetricsFile(folder("metrics.jsonl"), keepingUpTo: 0)
    let error = #expect(throws: FileError.self) { try record.append(entry(1, score: .nan)) }
    #expect(error?.path == folder("metrics.jsonl"))
    #expect(try MetricsFile.read(folder("metrics.jsonl")).isEmpty)
  }
}
