import Datasets
import Files
import Foundation
import Images
import Preparation
import TestSupport
import Testing

@Suite("Checking data sets") struct DatasetCheckTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for id in ["a", "b", "c", "d"] {
      try folder.write("images/\(id).png", [])
      try Image(width: 6, height: 4, pixels: [UInt8](repeating: 9, count: 72)).write(png: folder("images/\(id).png"))
      for kind in ["scribbles", "masks"] {
        try folder.write("\(kind)/\(id).png", [])
        try LabelMap(width: 6, height: 4, filledWith: id == "b" ? 1 : 0).write(palettePNG: folder("\(kind)/\(id).png"))
      }
    }
    try folder.write("train.txt", "a\nb\nc\n")
    try folder.write("val.txt", "d\n")
  }

  @Test("Nothing is to mend where all is well") func well() throws {
    var steps: [String] = []
    let check = try check { steps.append("\($0) \($1)/\($2)") }
    #expect(check.faults.isEmpty && check.isComplete)
    #expect(check.summaries.map(\.part) == ["training", "validation"])
    #expect(check.summaries.map(\.summary.count) == [3, 1])
    #expect(steps.contains("training 3/3") && steps.contains("validation 1/1"))
    #expect(check.description.contains("1 image with scribbles, but none on the background: b"))
    #expect(check.description.hasSuffix("\n\nNothing must be mended."))
  }

  @Test("Faults of all kinds and parts come together") func faults() throws {
    try folder.write("train.txt", "a\nb\nc\nghost\n")
    try folder.write("val.txt", "d\nc\n")
    try folder.write("images/a.png", "<html>")
    try LabelMap(width: 6, height: 4, filledWith: 7).write(palettePNG: folder("masks/d.png"))
    let check = try check()
    #expect(
      check.faults.map { Path.name(of: $0.path) } == [
        "train.txt", "train.txt", "a.png", "val.txt", "d.png",
      ])
    #expect(check.faults[3].problem.hasPrefix("1 of 2 listed ids are in \(folder("train.txt")) too: c;"))
    #expect(check.faults[4].problem.hasPrefix("has label 7 at column 0, row 0"))
    #expect(check.description.contains("\n5 things to mend:\n  \(folder("train.txt")): "))
  }

  @Test("A faulty file of two parts is one fault, and a common id is found though its files are missing") func shared()
    throws
  {
    try folder.write("val.txt", "d\na\nghost\n")
    try folder.write("train.txt", "a\nghost\n")
    try folder.write("images/a.png", "<html>")
    let check = try check()
    #expect(check.faults.filter { $0.path == folder("images/a.png") }.count == 1)
    let common = try #require(check.faults.first { $0.problem.contains(" too: ") })
    #expect(common.problem.hasPrefix("2 of 3 listed ids are in \(folder("train.txt")) too: a, ghost;"))
  }

  @Test("Of many faults the first are listed, and the others counted") func manyFaults() throws {
    let ids = (0..<50).map { "x\($0)" }
    for id in ids { for kind in ["images", "scribbles"] { try folder.write("\(kind)/\(id).png", "") } }
    try folder.write("train.txt", ids.joined(separator: "\n"))
    let check = try check()
    #expect(check.faults.count == 100)
    #expect(check.description.hasSuffix("\n  and 80 more"))
    #expect(check.description.split(separator: "\n").filter { $0.hasPrefix("  /") }.count == 20)
  }

  private func check(_ progress: (String, Int, Int) -> Void = { _, _, _ in }) throws -> DatasetCheck {
    let layout = DatasetLayout(
      images: folder("images"), scribbles: folder("scribbles"), list: folder("train.txt"))
    let validation = DatasetLayout(images: folder("images"), masks: folder("masks"), list: folder("val.txt"))
    return DatasetCheck(
      [.init("training", layout), .init("validation", validation)], classes: try ClassList(["background", "cat"]),
      labelNames: .context, sequentialRenaming: false, progress: progress, shouldStop: { false })
  }
}
