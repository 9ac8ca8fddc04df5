import Datasets
import Preparation
import TestSupport
import Testing

@Suite("Doubts about labels") struct LabelFindingsTests {
  private let tree: LabelTree

  init() throws {
    tree = try LabelTree(training: ["a", "b"], validation: ["v"])
    try tree.mask("v", [0, 1])
  }

  @Test("Scribbles on 0 for unknown are doubted, and the setting that is named mends them") func zeroIsUnknown() throws
  {
    for id in ["a", "b"] { try tree.scribble(id, 1, at: [3, 4], on: 0) }
    let finding = try only(try tree.check())
    #expect(finding.kind == .doubt)
    #expect(finding.sentence.hasPrefix("100 % of the pixels are scribbled in 2 of 2 images, 98 % of these as"))
    #expect(finding.sentence.contains("set data.scribble_values: {0: unlabelled, 1: cat}"))

    for id in ["a", "b"] { try tree.mask(id, [1, 2, 0], in: "scribbles") }
    #expect(try tree.check(values: LabelValues([0: "unlabelled", 1: "cat", 2: "background"])).findings.isEmpty)
  }

  @Test("White strokes on black hold one class only, from which nothing is learnt") func white() throws {
    for id in ["a", "b"] { try tree.scribble(id, 255, at: [3, 4], on: 0) }
    let finding = try only(try tree.check())
    #expect(finding.kind == .problem)
    #expect(finding.sentence.contains("of one class only, \"background\""))
    #expect(finding.sentence.contains("set data.scribble_values: {0: unlabelled, 255: cat}"))
  }

  @Test("No stroke at all is a problem") func none() throws {
    let finding = try only(try tree.check())
    #expect(finding.kind == .problem)
    #expect(finding.sentence.hasPrefix("holds no stroke for any of the 2 images"))
  }

  @Test("Strokes on one object class alone are a problem, since there is nothing to tell it from") func oneObject()
    throws
  {
    for id in ["a", "b"] { try tree.scribble(id, 1, at: [3]) }
    let finding = try only(try tree.check())
    #expect(finding.kind == .problem)
    #expect(finding.sentence.hasSuffix("draw on the background too"))
  }

  @Test("Complete masks in place of scribbles are doubted") func masksAsScribbles() throws {
    for id in ["a", "b"] { try tree.scribble(id, 1, at: Array(0..<50), on: 0) }
    let finding = try only(try tree.check())
    #expect(finding.kind == .doubt)
    #expect(finding.sentence.contains("look like complete masks; are they meant to be learnt from whole?"))
  }

  @Test("A class, the background and an image without a stroke are doubted by name") func missingStrokes() throws {
    try tree.mask("v", [0, 1, 2])
    try tree.scribble("a", 1, at: [1])
    try tree.scribble("b", 0, at: [1])
    let classes = ["background", "cat", "dog"]
    #expect(
      try only(try tree.check(classes: classes)).sentence.hasPrefix("holds no stroke of class 2 (\"dog\"), which"))

    try tree.scribble("a", 2, at: [1])
    try tree.scribble("b", 1, at: [1])
    #expect(
      try only(try tree.check(classes: classes)).sentence.contains("class 0 is the background, and has to be drawn"))

    try tree.mask("a", [0, 1, 2, 255], in: "scribbles")
    try tree.scribble("b", 255, at: [])
    let empty = try only(try tree.check(classes: classes))
    #expect(empty.sentence.hasPrefix("lists an image without a stroke (b), from which nothing is learnt"))
  }

  @Test("Masks of 0 and 255 are doubted, and the setting that is named mends them") func masks255() throws {
    try wellScribbled()
    try tree.mask("v", [255, 255, 255, 0])
    let finding = try only(try tree.check())
    #expect((finding.kind, finding.subject) == (.doubt, tree.folder("masks")))
    #expect(finding.sentence.hasPrefix("holds no pixel of class 1 (\"cat\") in the masks of the validation images"))
    #expect(finding.sentence.contains("3.00 % of the pixels are void (255)") || finding.sentence.contains("3 % of"))
    #expect(finding.sentence.hasSuffix("set data.mask_values: {0: background, 255: cat}"))
    #expect(try tree.check(maskValues: LabelValues([0: "background", 255: "cat"])).findings.isEmpty)
  }

  @Test("Masks that are void everywhere are doubted") func voidMasks() throws {
    try wellScribbled()
    try tree.mask("v", [255])
    let finding = try only(try tree.check())
    #expect(finding.kind == .doubt)
    #expect(finding.sentence.contains("so that no result can be given"))
  }

  @Test("Scribbles that lie on another class of the masks are doubted") func contradiction() throws {
    for id in ["a", "b"] {
      try tree.mask(id, [UInt8](repeating: 0, count: 15) + [UInt8](repeating: 1, count: 15) + [255], in: "scribbles")
      try tree.mask(id, [UInt8](repeating: 1, count: 15) + [UInt8](repeating: 0, count: 15) + [255])
    }
    let finding = try only(try tree.check(comparing: true))
    #expect(finding.kind == .doubt)
    #expect(finding.sentence.contains("100 % of the pixels scribbled as \"background\" are \"cat\""))
    #expect(finding.sentence.hasSuffix("in the order of the class list?"))
  }

  @Test(
    "Values that are no class come with a guess",
    arguments: [
      ([0, 128, 255], "look like grey levels", "data.mask_values: {0: background, 128: cat}"),
      ([1, 2], "counted from 1 here", "data.mask_values: {1: background, 2: cat}"),
      ([0, 1, 2], "is a class missing", ""),
      (Array(0..<100), "look like a photograph", ""),
    ] as [([UInt8], String, String)])
  func guesses(_ labels: [UInt8], _ guess: String, _ way: String) throws {
    try wellScribbled()
    try tree.mask("v", labels)
    let finding = try #require(try tree.check().findings.first { $0.kind == .problem })
    #expect(finding.sentence.contains(guess), "\(finding)")
    #expect(way.isEmpty || finding.sentence.contains(way), "\(finding)")
  }

  @Test("The labels of ilastik are explained: 0 for unlabelled, classes from 1") func ilastik() throws {
    for id in ["a", "b"] { try tree.mask(id, [1, 2, 0], in: "scribbles") }
    let finding = try #require(try tree.check().findings.first { $0.kind == .problem })
    #expect(finding.sentence.hasSuffix("set data.scribble_values: {0: unlabelled, 1: background, 2: cat}"))
  }

  @Test("A value without a meaning and a name without a class are problems") func values() throws {
    try wellScribbled()
    let unnamed = try tree.check(values: LabelValues([0: "background"]))
    #expect(unnamed.findings[0].sentence.hasSuffix("and data.scribble_values names 0, 255 only; add the value there"))
    let unknown = try tree.check(values: LabelValues([0: "background", 1: "catt"]))
    #expect(unknown.findings[0].subject == "data.scribble_values")
    #expect(unknown.findings[0].sentence.contains("the nearest class is \"cat\""))
  }

  private func wellScribbled() throws { for id in ["a", "b"] { try tree.mask(id, [0, 1, 255], in: "scribbles") } }

  private func only(_ check: DatasetCheck) throws -> Finding {
    #expect(check.findings.count == 1, "\(check.findings)")
    return try #require(check.findings.first)
  }
}
