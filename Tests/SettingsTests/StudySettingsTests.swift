import Files
import Foundation
import Settings
import TestSupport
import Testing

@Suite struct StudySettingsTests {
  /// The cells of a study file of this text beside a settings file.
  private func cells(_ study: String) throws -> [StudyCell] {
    let folder = try TemporaryFolder()
    try folder.write("base.yaml", "recipe: published\ntraining:\n  epochs: 5\n")
    return try StudySettings.load(folder.write("study.yaml", study)).cells
  }

  /// What the error of such a file says, from the file's name on.
  private func message(_ study: String) throws -> String {
    let folder = try TemporaryFolder()
    try folder.write("base.yaml", "recipe: published\ntraining:\n  epochs: 5\n")
    let path = try folder.write("study.yaml", study)
    let error = #expect(throws: (any Error).self) { try StudySettings.load(path) }
    return error.map { "\($0)" }?.replacingOccurrences(of: "\(folder.path)/", with: "") ?? ""
  }

  @Test("a grid has a cell for each combination, the first setting slowest, over the base's settings") func grid()
    throws
  {
    let cells = try cells(
      "base: base.yaml\ngrid:\n  loss.blp: [1, 0]\n  evaluation.scales: [[1], [0.5, 1]]\nset: {training.batch_size: 4}\n"
    )
    #expect(
      cells.map(\.name) == [
        "blp=1, scales=[1]", "blp=1, scales=[0.5, 1]", "blp=0, scales=[1]", "blp=0, scales=[0.5, 1]",
      ])
    #expect(cells.map(\.settings.evaluation.views.scales) == [[1], [0.5, 1], [1], [0.5, 1]])
    #expect(cells.allSatisfy { $0.settings.training.batchSize == 4 && $0.settings.training.length == .epochs(5) })
    #expect(Set(cells.map(\.folder)).count == 4)
  }

  @Test("keys of the same last part are named in full, and values may be sections") func fullNames() throws {
    let cells = try cells(
      "base: base.yaml\ngrid: {training.learning_rate: [0.1], fitting.learning_rate: [0.01], loss: [{blp: 0}]}")
    #expect(cells.map(\.name) == ["training.learning_rate=0.1, fitting.learning_rate=0.01, loss={blp: 0}"])
    #expect(cells[0].settings.loss.objective.blp.weight == 0)
  }

  @Test("named cells are combined with the grid, and give way to nothing but it") func named() throws {
    let cells = try cells(
      """
      base: base.yaml
      set: {training.epochs: 2}
      cells:
        published: {}
        long: {training.epochs: 9}
      grid: {loss.blp: [0, 1]}
      """)
    #expect(cells.map(\.name) == ["published, blp=0", "published, blp=1", "long, blp=0", "long, blp=1"])
    #expect(cells.map(\.settings.training.length) == [.epochs(2), .epochs(2), .epochs(9), .epochs(9)])
    #expect(cells[0].folder == "published_blp=0")
  }

  @Test(
    "folders have safe names, different where names are",
    arguments: [("blp=0", "blp=0"), ("a, b", "a_b"), ("x-1.5", "x-1.5")])
  func plainFolders(name: String, folder: String) throws {
    let cells = try cells("base: base.yaml\ncells: {\"\(name)\": {}}")
    #expect(cells[0].folder == folder)
  }

  @Test("other characters are replaced, and a number keeps names apart") func replaced() throws {
    let long = String(repeating: "x", count: 200)
    let cells = try cells(
      "base: base.yaml\ncells: {\"../a b\": {}, \"../a/b\": {loss.blp: 0}, \"\(long)\": {loss.blp: 0.5}}")
    #expect(cells.allSatisfy { $0.folder.hasPrefix("cell-") && !$0.folder.contains("/") && $0.folder.utf8.count < 100 })
    #expect(Set(cells.map(\.folder)).count == 3)
  }

  @Test("paths that a cell sets are relative to the study's folder") func paths() throws {
    let folder = try TemporaryFolder()
    try folder.write("base.yaml", "")
    let path = try folder.write("study.yaml", "base: base.yaml\ncells: {a: {data.root: images}}")
    #expect(try StudySettings.load(path).cells[0].settings.data.root == folder("images"))
  }

  @Test(
    "a study that cannot be used is refused with its line and its cell",
    arguments: [
      ("grid: {loss.blp: [0, 1]}", "study.yaml: base is missing; name the settings file"),
      ("base: base.yaml", "study.yaml: neither grid nor cells is given"),
      ("base: no.yaml\ngrid: {loss.blp: [0]}", "no.yaml: no such file."),
      ("base: base.yaml\ngrid: {}", "study.yaml:2: grid is a section, and must be lists of values"),
      ("base: base.yaml\ngrid:\n  loss.blp: 0", "study.yaml:3: grid is a section, and must be lists"),
      ("base: base.yaml\ngrid:\n  loss.blp: 0", "as in {loss.blp: [0, 1]}; loss.blp is 0."),
      (
        "base: base.yaml\ngrid:\n  loss.blpp: [0, 1]",
        "study.yaml:3: in cell blpp=0, loss.blpp is not a setting; did you mean blp?"
      ),
      (
        "base: base.yaml\ngrid:\n  loss.blp:\n  - 0\n  - many",
        "study.yaml:5: in cell blp=many, loss.blp is many, and must be a number from"
      ),
      ("base: base.yaml\nset: {seed: 3}\ngrid: {loss.blp: [0]}", "study.yaml:2: seed is set by the study for each run"),
      ("base: base.yaml\ngrid: {loss.blp: [0, 0]}", "study.yaml: two cells are named blp=0"),
      ("base: base.yaml\ncells: {a: {}, b: {}}", "study.yaml: cells a and b have the same settings"),
      ("base: base.yaml\ncells: {a: {loss.blp: 0}}\ngrid: {loss.blp: [1]}", "loss.blp is given by cell a and by grid"),
      (
        "base: base.yaml\ncells: {first: {}}\nreference: frst",
        "reference is frst, which is no cell; did you mean first?"
      ),
      ("base: base.yaml\nseeds: [1, 1]\ngrid: {loss.blp: [0]}", "study.yaml:2: seeds is [1, 1], and must be a list"),
      ("base: base.yaml\ngird: {loss.blp: [0]}", "study.yaml:2: gird is not a setting; did you mean grid?"),
    ])
  func refused(study: String, expected: String) throws {
    let message = try message(study)
    #expect(message.contains(expected), "\(message)")
  }

  @Test("Docs/Study.md has the table of the file's settings") func reference() throws {
    #expect(
      try InputFile.text("\(Fixture.root)/Docs/Study.md").contains(
        StudySettings.reference(StudySettings(), StudySettings())))
  }
}
