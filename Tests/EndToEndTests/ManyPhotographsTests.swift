import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite struct ManyPhotographsTests {
  private static let weights = "\(Workspace.run)/best.safetensors"

  let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  /// A photograph of one grey, of which there can be many at little cost.
  private func write(_ name: String, _ width: Int = 40, _ height: Int = 30) throws {
    let path = workspace(name)
    try OutputFile.makeFolder(Path.folder(of: path))
    try Image(width: width, height: height, pixels: Array(repeating: 90, count: 3 * width * height)).write(png: path)
  }

  private func predict(_ inputs: [String], to folder: String, _ options: String...) throws -> Program.Outcome {
    try Program.run(
      ["predict"] + inputs + ["--weights", Self.weights, "--out", folder, "--scales", "1", "--no-mirror"] + options,
      in: workspace.path)
  }

  @Test("a damaged photograph does not keep the others from being predicted, and is named at the end")
  func damaged() throws {
    for name in ["a", "c", "d"] { try write("mixed/\(name).png") }
    try workspace.write("no photograph", "mixed/b.png")
    let outcome = try predict(["mixed"], to: "from-mixed", "--no-overlay", "--table", "from-mixed/shares.csv")
    #expect(outcome.code == 1)
    #expect(try InputFile.names(inFolder: workspace("from-mixed")) == ["a.png", "c.png", "d.png", "shares.csv"])
    #expect(outcome.output.split(separator: "\n").map { $0.prefix(3) } == ["1/4", "3/4", "4/4"])
    #expect(outcome.errorLines.suffix(2).first?.hasPrefix("3 of 4 photographs predicted into from-mixed, ") == true)
    #expect(outcome.errorLines.last?.hasPrefix("blpseg: mixed/b.png: ") == true)
    let table = String(decoding: try workspace.data("from-mixed/shares.csv"), as: UTF8.self)
    #expect(table.hasPrefix("photograph,mask,width,height,background,cat,dog\r\nmixed/a.png,from-mixed/a.png,40,30,"))
    #expect(table.components(separatedBy: "\r\n").count == 5)
  }

  @Test("folders inside folders are told, and entered if so wished; results lie in folders of the same names")
  func recursion() throws {
    for name in ["tree/1.png", "tree/plotA/1.png", "tree/plotB/x/1.png"] { try write(name) }
    try workspace.write("", "tree/notes.txt")
    let flat = try predict(["tree"], to: "flat", "--no-overlay")
    #expect(
      flat.errors.contains(
        "1 file of another kind passed over: tree/notes.txt; 2 folders not entered: tree/plotA, tree/plotB; --recursive "
          + "enters them\n"))
    #expect(try InputFile.names(inFolder: workspace("flat")) == ["1.png"])
    let deep = try predict(["tree"], to: "tree/masks", "--no-overlay", "--recursive")
    #expect(deep.code == 0, "\(deep.errors)")
    for name in ["1", "plotA/1", "plotB/x/1"] { #expect(workspace.exists("tree/masks/\(name).png")) }
    // Results inside the tree are no photographs.
    let again = try predict(["tree"], to: "tree/masks", "--no-overlay", "--recursive", "--skip-existing")
    #expect(again.code == 0, "\(again.errors)")
    #expect(again.output.isEmpty)
    #expect(again.errorLines.last == "0 photographs predicted into tree/masks, 3 had their results already")
  }

  @Test("results are made where they are missing alone, and the table has all") func skipping() throws {
    for name in ["s1", "s2"] { try write("some/\(name).png") }
    _ = try predict(["some/s1.png"], to: "from-some", "--no-overlay")
    let before = try workspace.data("from-some/s1.png")
    let outcome = try predict(["some"], to: "from-some", "--no-overlay", "--skip-existing", "--table", "some.csv")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.split(separator: "\n").count == 1)
    #expect(try workspace.data("from-some/s1.png") == before)
    let table = String(decoding: try workspace.data("some.csv"), as: UTF8.self)
    #expect(table.contains("\r\nsome/s1.png,") && table.contains("\r\nsome/s2.png,"))
  }

  @Test("names in two Unicode normal forms are two photographs with two results") func normalForms() throws {
    for name in ["\u{e9}.png", "e\u{301}.png"] { try write("forms/\(name)") }
    let outcome = try predict(["forms"], to: "from-forms", "--no-overlay")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let found = try FolderListing(workspace("from-forms")).files
    #expect(found.map { Array($0.utf8) } == ["e\u{301}.png", "\u{e9}.png"].map { Array($0.utf8) })
  }

  @Test("a name that is not UTF-8 is named, and the others are predicted") func bytes() throws {
    try write("bytes/a.png")
    let path = Array(workspace("bytes/").utf8CString.dropLast()) + [CChar(bitPattern: 0xE9)] + ".png".utf8CString
    let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
    // File systems that have no such names cannot be asked for them.
    guard descriptor >= 0 else { return }
    close(descriptor)
    let outcome = try predict(["bytes"], to: "from-bytes", "--no-overlay")
    #expect(outcome.code == 1)
    #expect(workspace.exists("from-bytes/a.png"))
    #expect(
      outcome.errorLines.last == #"blpseg: bytes/\xe9.png: has a name that is not UTF-8; rename it to predict it."#)
  }

  @Test("photographs much larger than those learnt from are doubted, and predicted at the learnt size if so wished")
  func large() throws {
    // The workspace's photographs have up to 500 pixels a side.
    for name in ["big1", "big2"] { try write("large/\(name).png", 1300, 200) }
    let outcome = try predict(["large"], to: "from-large", "--no-overlay")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let doubt = outcome.errorLines.filter {
      $0.contains("more than 2 times as many pixels per side as the photographs learnt")
    }
    #expect(doubt.count == 1 && doubt.first?.hasPrefix("large/big1.png: has 1300 x 200 pixels, ") == true)
    #expect(outcome.errors.contains("2 photographs are more than 2 times as large as those learnt from"))
    let reduced = try predict(["large"], to: "from-large", "--no-overlay", "--max-side", "400")
    #expect(!reduced.errors.contains("learnt from"))
    #expect(reduced.errors.contains("reduced to at most 400 pixels per side"))
    let mask = try LabelMap(contentsOf: workspace("from-large/big1.png"))
    #expect((mask.width, mask.height) == (1300, 200))
  }

  @Test("the largest side that a network was trained with is that of its predictions") func trainedSide() throws {
    let trained = try workspace.blpseg(
      "train", "tiny.yaml", "--set", "output=runs/side", "--set", "data.max_side=200", "--set", "training.iterations=1")
    #expect(trained.code == 0, "\(trained.errors)")
    try write("sides/a.png", 300, 200)
    func first(_ options: String...) throws -> String? {
      try Program.run(
        ["predict", "sides", "--weights", "runs/side/best.safetensors", "--out", "from-sides", "--scales", "1"]
          + options,
        in: workspace.path
      ).errorLines.first
    }
    #expect(
      try first() == "1 photograph, 2 views of each (scale 1 x mirror), reduced to at most 200 pixels per side; "
        + "--scales 1 --no-mirror is about 2 times as fast")
    #expect(try first("--max-side", "0", "--no-mirror") == "1 photograph, 1 view of each")
  }

  @Test("Ctrl-C leaves whole files and tells how many are left", .timeLimit(.minutes(2))) func interrupted() throws {
    for index in 0..<200 { try write("queue/\(1000 + index).png", 200, 150) }
    let running = try Program.Running(
      ["predict", "queue", "--weights", Self.weights, "--out", "from-queue", "--no-overlay"], in: workspace.path)
    #expect(running.waits { workspace.exists("from-queue/1001.png") })
    running.send(SIGINT)
    let outcome = try running.outcome()
    #expect(outcome.code == 130)
    let done = outcome.output.split(separator: "\n").count
    #expect(done < 200)
    #expect(
      outcome.errorLines.last
        == "Interrupted; \(200 - done) photograph\(done == 199 ? "" : "s") left. Predict the rest with --skip-existing."
    )
    #expect(try InputFile.names(inFolder: workspace("from-queue")).count == done)
  }
}
