import Datasets
import Files
import Foundation
import Images
import Preparation
import TestSupport
import Testing

@Suite("Checking data sets") struct DatasetCheckTests {
  private let tree: LabelTree

  init() throws {
    tree = try LabelTree(training: ["a", "b", "c"], validation: ["d"])
    for id in ["a", "c"] { try tree.scribble(id, 0, at: [0, 1]) }
    try tree.scribble("b", 1, at: [0, 1])
    try tree.mask("d", [0, 1])
  }

  @Test("Nothing is found where all is well") func well() throws {
    var steps: [String] = []
    let check = try tree.check { steps.append("\($0) \($1)/\($2)") }
    #expect(check.findings.isEmpty && check.isComplete)
    #expect(check.outcomes.map(\.part) == ["training", "validation"])
    #expect(check.outcomes.map(\.examination?.summary.count) == [3, 1])
    #expect(steps.contains("training 3/3") && steps.contains("validation 1/1"))
    #expect(check.description.contains("1 image with scribbles, but none on the background: b"))
    #expect(check.description.hasSuffix("\n\nNo problems found."))
  }

  @Test("Problems of all kinds and parts come together") func problems() throws {
    try tree.folder.write("train.txt", "a\nb\nc\nghost\n")
    try tree.folder.write("val.txt", "d\nc\n")
    try tree.folder.write("images/a.png", "<html>")
    try tree.mask("d", [7])
    try tree.mask("c", [0])
    let check = try tree.check()
    let problems = check.findings.filter { $0.kind == .problem }
    #expect(
      problems.map { Path.name(of: $0.subject) } == ["train.txt", "train.txt", "a.png", "val.txt", "d.png"])
    #expect(problems.contains { $0.sentence.hasPrefix("1 of 2 listed ids is in \(tree.folder("train.txt")) too: c;") })
    #expect(problems.contains { $0.sentence.hasPrefix("has label 7 at column 0, row 0") })
    #expect(check.description.contains("\n5 problems:\n  \(tree.folder("train.txt")): "))
  }

  @Test("A faulty file of two parts is one problem, and a common id is found though its files are missing")
  func shared() throws {
    try tree.folder.write("val.txt", "d\na\nghost\n")
    try tree.folder.write("train.txt", "a\nghost\n")
    try tree.folder.write("images/a.png", "<html>")
    let findings = try tree.check().findings
    #expect(findings.filter { $0.subject == tree.folder("images/a.png") }.count == 1)
    let common = try #require(findings.first { $0.sentence.contains(" too: ") })
    #expect(common.sentence.hasPrefix("2 of 3 listed ids are in \(tree.folder("train.txt")) too: a, ghost;"))
  }

  @Test("Without classes everything but labels is looked at") func withoutClasses() throws {
    try tree.folder.write("images/a.png", "<html>")
    try tree.folder.write("scribbles/b.png", "<html>")
    try tree.mask("d", [7])
    let check = try tree.check(classes: nil)
    #expect(check.findings.map { Path.name(of: $0.subject) } == ["a.png", "b.png"])
  }

  @Test("Files are looked for without being loaded where that is asked for") func filesOnly() throws {
    try tree.folder.write("images/a.png", "<html>")
    try tree.folder.write("train.txt", "a\nb\nghost\n")
    let check = try tree.check(isLoading: false)
    #expect(check.findings.count == 2)
    #expect(check.outcomes.map(\.count) == [2, 1])
  }

  @Test("The same photograph under two names, one for training and one for validation, is doubted") func twins() throws
  {
    let photograph = try InputFile.read(tree.folder("images/b.png"))
    try tree.folder.write("images/d.png", Array(photograph))
    let finding = try #require(try tree.check().findings.first)
    #expect((finding.kind, finding.subject) == (.doubt, tree.folder("val.txt")))
    #expect(finding.sentence.contains("(d = b)"))
  }

  @Test("Of two photographs with one name, the one that is not used is told") func shadowed() throws {
    try tree.folder.write("images/a.jpg", Array(try InputFile.read(tree.folder("images/a.png"))))
    let findings = try tree.check().findings
    #expect(findings == [Finding(.remark, tree.folder("images/a.png"), "is not used, a.jpg is")])
  }

  @Test("Scribbles in another tool's files are named where none are found") func otherFiles() throws {
    for id in ["a", "b", "c"] {
      try tree.folder.write("scribbles/\(id).json", "{}")
      try FileManager.default.removeItem(atPath: tree.folder("scribbles/\(id).png"))
    }
    let findings = try tree.check().findings
    #expect(findings.first?.sentence.contains("files of these names ending in .json (3), which is not read") == true)
  }
}

@Suite("Findings in words") struct FindingListTests {
  @Test("A sentence about several files is said once") func once() {
    let files = (0..<18).map { Finding(.problem, "s/\($0).png", "is a PNG of RGB colours") }
    #expect(FindingList(files).lines(.problem) == ["s/0.png and 17 others: is a PNG of RGB colours."])
    #expect(FindingList(files).text.hasPrefix("1 problem:\n"))
  }

  @Test("Sentences that differ in numbers alone are one, with the number of the others") func alike() {
    let files = (1...2).map { Finding(.problem, "s/\($0).png", "has label 3 at column \($0)") }
    #expect(FindingList(files).lines(.problem) == ["s/1.png: has label 3 at column 1; 1 other is alike."])
  }

  @Test("Kinds stand apart, with plurals, and questions keep their mark") func kinds() {
    let findings = [
      Finding(.doubt, "a", "is odd; is it meant?"), Finding(.doubt, "b", "is strange"),
      Finding(.remark, "c", "is used"),
    ]
    #expect(
      FindingList(findings).text
        == "No problems found.\n\n2 doubts:\n  a: is odd; is it meant?\n  b: is strange.\n\n1 remark:\n  c: is used.")
  }

  @Test("Of many problems the first are listed, and the others counted") func many() {
    let words = (0..<25).map { number in String(repeating: "x", count: number + 1) }
    let text = FindingList(words.map { Finding(.problem, "f", "is \($0)") }).text
    #expect(text.hasPrefix("25 problems:\n"))
    #expect(text.hasSuffix("\n  and 5 more"))
    #expect(text.split(separator: "\n").count == 22)
  }
}
