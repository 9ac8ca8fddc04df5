import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct WeightsCommandTests {
  private static let best = "\(Workspace.run)/best.safetensors"
  private static let table = "distance_prob"

  let workspace: Workspace
  private let folder: TemporaryFolder

  init() throws {
    workspace = try Workspace.shared.get()
    folder = try TemporaryFolder()
  }

  private func expectEqual(_ found: StateDict, _ expected: StateDict) throws {
    #expect(found.names == expected.names)
    for (name, tensor) in expected {
      #expect(found[name]?.shape == tensor.shape, "\(name)")
      #expect(found[name]?.type == tensor.type, "\(name)")
      #expect(try found[name]?.bytes() == tensor.bytes(), "\(name)")
    }
  }

  @Test("a checkpoint's weights come back from a PyTorch file element by element") func roundTrip() throws {
    let exported = try workspace.blpseg("weights", "export", Self.best, folder("best.pth"))
    #expect(exported.code == 0, "\(exported.errors)")
    let original = try Safetensors.read(workspace(Self.best))
    let numbers = original.reduce(0) { $0 + $1.tensor.elementCount }
    #expect(exported.output == "\(folder("best.pth")): \(original.count) tensors, \(numbers) numbers\n")
    try expectEqual(try PyTorchFile.read(folder("best.pth")), original)

    let imported = try workspace.blpseg("weights", "import", folder("best.pth"), folder("again.safetensors"))
    #expect(imported.code == 0, "\(imported.errors)")
    try expectEqual(try Safetensors.read(folder("again.safetensors")), original)
  }

  @Test("an exported network predicts the same mask") func prediction() throws {
    #expect(try workspace.blpseg("weights", "export", Self.best, folder("best.pt")).code == 0)
    let photograph = "data/JPEGImages/\(Workspace.validationPhotographs[0]).jpg"
    var masks: [Data] = []
    for weights in [Self.best, folder("best.pt")] {
      let outcome = try workspace.blpseg("predict", photograph, "--weights", weights, "--out", folder("masks"))
      #expect(outcome.code == 0, "\(outcome.errors)")
      masks.append(
        try Data(contentsOf: URL(fileURLWithPath: folder("masks/\(Workspace.validationPhotographs[0]).png"))))
    }
    #expect(masks[0] == masks[1])
  }

  @Test("the state of a training is left out, and what a checkpoint says of its classes stays") func extras() throws {
    let last = "\(Workspace.run)/last.safetensors"
    let outcome = try workspace.blpseg("weights", "import", last, folder("weights.safetensors"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let original = try Safetensors.read(workspace(last))
    let written = try Safetensors.read(folder("weights.safetensors"))
    #expect(written.count < original.count)
    #expect(
      outcome.output.hasSuffix(" numbers; \(original.count - written.count) that are not weights left out\n"),
      "\(outcome.output)")
    #expect(!written.names.contains { $0.hasPrefix("optimizer.") || $0.hasPrefix("generator.") })
    #expect(written.metadata == original.metadata)
    #expect(written.metadata["classes"] == "background\ncat\ndog")
  }

  @Test("the distance table on request is exp(-d^2 / 72) for each pair of positions of a 96 x 96 grid")
  func distanceTable() throws {
    let outcome = try workspace.blpseg("weights", "export", Self.best, folder("table.pth"), "--with-distance-table")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let state = try PyTorchFile.read(folder("table.pth")) { $0 != Self.table }
    let table = try #require(state[Self.table])
    try #require(table.shape == [1, 9216, 9216])
    #expect(table.type == .float32)
    var worst = Closeness([0.0], [0.0])
    // A row of the grid at a time; the other way round, as a product of rows and columns.
    let along = (0..<96).map { source in (0..<96).map { exp(-Double(($0 - source) * ($0 - source)) / 72) } }
    for row in 0..<96 {
      let expected = along.flatMap { columns in
        along[row].flatMap { vertical in columns.map { Float(vertical * $0) } }
      }
      let found = try table.sliced(1, row * 96, row * 96 + 96)
      let closeness = Closeness(try found.floats(), expected)
      if closeness.worst >= worst.worst { worst = closeness }
    }
    print("distance table: \(worst)")
    #expect(worst.worst.isWithin(1e-7), "\(worst)")

    // The table is dropped again by name.
    let imported = try workspace.blpseg("weights", "import", folder("table.pth"), folder("table.safetensors"))
    #expect(imported.output.hasSuffix("; 1 that are not weights left out\n"), "\(imported.output)")
    try expectEqual(try Safetensors.read(folder("table.safetensors")), try Safetensors.read(workspace(Self.best)))
  }

  @Test("weights with NaN are converted as they are, which is told") func nan() throws {
    try Safetensors.write(StateDict([("w", try Tensor([Float.nan, 1], [2]))]), to: folder("nan.safetensors"))
    let outcome = try workspace.blpseg("weights", "export", folder("nan.safetensors"), folder("nan.pth"))
    #expect(outcome.code == 0)
    #expect(
      outcome.errors
        == "\(folder("nan.safetensors")): 1 of 1 tensors holds NaN ('w'); they are written as they are, and "
        + "no network can predict with them.\n")
    #expect(try PyTorchFile.read(folder("nan.pth"))["w"]?.floats()[0].isNaN == true)
  }

  @Test("weights under the names of wrappers predict as they do under their own") func wrapped() throws {
    let state = try Safetensors.read(workspace(Self.best))
    try Safetensors.write(
      StateDict(state.map { (name: "_orig_mod.module.\($0.name)", tensor: $0.tensor) }),
      to: folder("wrapped.safetensors"))
    let outcome = try workspace.blpseg("weights", "import", folder("wrapped.safetensors"), folder("plain.safetensors"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    try expectEqual(try Safetensors.read(folder("plain.safetensors")), state)
    let inspected = try workspace.blpseg("inspect", "checkpoint", folder("wrapped.safetensors"))
    #expect(inspected.output.contains("BLPSeg, backbone efficientnet_lite0, 3 classes"), "\(inspected.output)")
  }

  @Test("weights in zip archives are those of the file inside") func archives() throws {
    let names = ["network.zip.pth", "outer_stored.zip.zip", "outer_deflated.legacy.zip"]
    for name in names {
      let outcome = try workspace.blpseg(
        "weights", "import", Fixture.golden("pytorch/\(name)"), folder("\(name).safetensors"))
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let expected = try Safetensors.read(folder("\(names[0]).safetensors"))
    for name in names { try expectEqual(try Safetensors.read(folder("\(name).safetensors")), expected) }
  }

  @Test(
    "what cannot be converted is refused in one sentence that names it, and nothing is written",
    arguments: [
      (["import", "nowhere.pth", "OUT/a.safetensors"], 66, "nowhere.pth: no such file."),
      (["import", "bad/page.pth", "OUT/a.safetensors"], 1, "bad/page.pth: is a web page or XML; "),
      (["export", "bad/empty.txt", "OUT/a.pth"], 1, "bad/empty.txt: is empty; "),
      (["export", "runs", "OUT/a.pth"], 1, "runs: is a folder, a file was expected."),
      (["export", best, "tiny.yaml/a.pth"], 1, "tiny.yaml: is a file, a folder was expected; "),
      (["import", best, "runs/../\(best)"], 1, "runs/../\(best): is the file to be converted; "),
      (["export", "bad/other.safetensors", "OUT/a.pth", "--with-distance-table"], 1, "this is not a BLPSeg network"),
      (["export", "OUT/wide.safetensors", "OUT/a.pth", "--with-distance-table"], 1, "was trained with sigma 3.0, "),
      (["export", "OUT/extras.safetensors", "OUT/a.pth"], 1, "extras.safetensors: holds no weights; "),
    ] as [([String], Int32, String)])
  func refused(arguments: [String], code: Int32, message: String) throws {
    let workspace = try Workspace.withBadInput.get()
    try Safetensors.write(
      StateDict([(Self.table, try Tensor([Float(1)], [1]))]), to: folder("extras.safetensors"))
    var wide = try Safetensors.read(workspace(Self.best))
    wide.metadata["settings"] = wide.metadata["settings"]?.replacingOccurrences(of: "sigma: 6", with: "sigma: 3")
    try Safetensors.write(wide, to: folder("wide.safetensors"))
    let before = try workspace.data(Self.best)

    let outcome = try Program.run(
      ["weights"] + arguments.map { $0.replacingOccurrences(of: "OUT", with: folder.path) }, in: workspace.path)
    #expect(outcome.code == code)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("blpseg: ") && outcome.errors.hasSuffix(".\n"), "\(outcome.errors)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        == ["extras.safetensors", "wide.safetensors"])
    #expect(try workspace.data(Self.best) == before)
  }

  @Test(
    "an output whose name is of another format is bad usage that names the other command",
    arguments: [("import", "a.pth", "export"), ("export", "a.safetensors", "import"), ("export", "a", "import")])
  func suffix(command: String, output: String, other: String) throws {
    let outcome = try workspace.blpseg("weights", command, Self.best, folder(output))
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("'blpseg weights \(other)' writes the other format."), "\(outcome.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
