import Evaluation
import Files
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct StudyCommandTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  /// Writes a study of two cells and two seeds on the small data set, and returns its file's name.
  private func study(_ name: String, epochs: Int = 2, more: String = "") throws -> String {
    let text = """
      base: tiny.yaml
      seeds: [0, 3]
      set: {training.iterations: \(epochs * 2), training.validate_every: 1}
      grid: {loss.blp: [1, 0]}
      distance_images: 3
      \(more)
      """
    try workspace.write(text, "\(name).yaml")
    return "\(name).yaml"
  }

  private func result(_ name: String) throws -> StudyResult {
    try StudyResult(contentsOf: workspace("runs/\(name)/study.json"))
  }

  private static let runs = ["blp=1/seed-0", "blp=0/seed-0", "blp=1/seed-3", "blp=0/seed-3"]

  /// How often each run was started.
  private func starts(_ name: String) throws -> [Int] {
    try Self.runs.map { run in
      let data = try workspace.data("runs/\(name)/\(run)/run.json")
      return try #require(JSONSerialization.jsonObject(with: data) as? [Any]).count
    }
  }

  @Test("a study trains all runs; its numbers are those of the runs' evaluations", .timeLimit(.minutes(3)))
  func complete() throws {
    let outcome = try workspace.blpseg("study", study("whole"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output == (try String(contentsOfFile: workspace("runs/whole/study.txt"), encoding: .utf8)))
    #expect(outcome.errors.contains("blp=0, seed 3: step 4/4"))
    let scores = try Self.runs.map { run in
      try #require(EvaluationResult(contentsOf: workspace("runs/whole/\(run)/evaluation.json")).meanIoU)
    }
    let cells = try result("whole").cells
    #expect(cells.map(\.name) == ["blp=1", "blp=0"])
    let tolerance = 1e-12
    for (cell, own) in zip(cells, [[scores[0], scores[2]], [scores[1], scores[3]]]) {
      #expect(abs((cell.statistics.meanIoU?.mean ?? 0) - (own[0] + own[1]) / 2) < tolerance)
      // Of two values the sample standard deviation is their distance over the root of 2.
      let deviation = abs(own[0] - own[1]) / 2.0.squareRoot()
      #expect(abs((cell.statistics.meanIoU?.standardDeviation ?? -1) - deviation) < tolerance)
    }
    let difference = try #require(cells[1].differences?.meanIoU)
    let differences = [scores[1] - scores[0], scores[3] - scores[2]]
    #expect(abs(difference.mean - (differences[0] + differences[1]) / 2) < tolerance)
    // s / sqrt(2) is half the distance of the two.
    let reach = 12.706204736174707 * abs(differences[0] - differences[1]) / 2
    #expect(abs((difference.interval?.upperBound ?? 0) - difference.mean - reach) < 1e-9)
    // Curves are means over seeds, and three training images were measured.
    #expect(try result("whole").curves.first?.lines.map(\.x) == [[1, 2], [1, 2]])
    #expect(cells.allSatisfy { $0.distances.count == 6 && $0.runs.allSatisfy { $0.distances?.images == 3 } })
    #expect(abs(cells[0].distances.reduce(0) { $0 + $1.share } - 1) < tolerance)
    #expect(try starts("whole") == [1, 1, 1, 1])

    // What is there is not done again, and what was deleted is.
    try FileManager.default.removeItem(atPath: workspace("runs/whole/blp=0/seed-0"))
    try FileManager.default.removeItem(atPath: workspace("runs/whole/blp=1/seed-3/evaluation.json"))
    let listed = try workspace.blpseg("study", "whole.yaml", "--dry-run")
    #expect(
      listed.output.split(separator: "\n").map { $0.drop { $0 != ":" } } == [
        ": finished", ": begun, and stopped or under way elsewhere", ": missing", ": finished",
      ])
    #expect(try workspace.blpseg("study", "whole.yaml").code == 0)
    #expect(try starts("whole") == [1, 1, 2, 1])
    #expect(try result("whole").count(.finished) == 4)
    #expect(try workspace.blpseg("study", "whole.yaml", "--report").output.contains("4 of 4 runs are finished"))

    // Other settings are refused by name, and nothing is changed.
    let changed = try workspace.blpseg("study", study("whole", epochs: 3))
    #expect(changed.code == 64)
    #expect(changed.errorLines.count == 1)
    #expect(
      changed.errors.contains("blp=1/seed-0/settings.yaml: training.iterations was 4 in this run and is 6 in the study")
    )
    #expect(try starts("whole") == [1, 1, 2, 1])
  }

  @Test("a study that is interrupted goes on with the same command", .timeLimit(.minutes(3))) func interrupted() throws
  {
    let file = try study("stopped", epochs: 4)
    let running = try Program.Running(["study", file], in: workspace.path)
    #expect(running.waits { workspace.exists("runs/stopped/blp=0/seed-0/last.safetensors") })
    running.send(SIGINT)
    let outcome = try running.outcome()
    #expect(outcome.code == 130)
    #expect(outcome.errorLines.last?.hasSuffix("Start the same command again to go on.") == true)
    #expect(try result("stopped").count(.finished) == 1)
    let resumed = try workspace.blpseg("study", file)
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try result("stopped").count(.finished) == 4)
    #expect(try starts("stopped")[0] == 1)
  }

  @Test("two processes share the runs, and none is done twice", .timeLimit(.minutes(3))) func shared() throws {
    let file = try study("shared")
    let processes = try (0..<2).map { _ in try Program.Running(["study", file], in: workspace.path) }
    for process in processes {
      let outcome = try process.outcome()
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    #expect(try starts("shared") == [1, 1, 1, 1])
    #expect(try result("shared").count(.finished) == 4)
  }

  @Test("a run that fails is recorded, the others go on, and the code is 1", .timeLimit(.minutes(3))) func failing()
    throws
  {
    try workspace.write(
      """
      base: tiny.yaml
      seeds: [0]
      set: {training.iterations: 4}
      cells: {broken: {loss.blp: 0}, sound: {}}
      distance_images: 0
      """, "failing.yaml")
    // Weights without anything to go on from are a run that cannot be begun.
    try workspace.write(Data(), "runs/failing/broken/seed-0/best.safetensors")
    let outcome = try workspace.blpseg("study", "failing.yaml")
    #expect(outcome.code == 1)
    #expect(outcome.output.contains("runs/failing/broken/seed-0: failed: "))
    #expect(outcome.output.contains("1 of 2 runs are finished, 1 has failed"))
    #expect(outcome.errorLines.last == "blpseg: 1 of 2 runs failed: broken, seed 0.")
    // The next start tries it again.
    try FileManager.default.removeItem(atPath: workspace("runs/failing/broken/seed-0/best.safetensors"))
    let again = try workspace.blpseg("study", "failing.yaml")
    #expect(again.code == 0, "\(again.errors)")
    #expect(!workspace.exists("runs/failing/broken/seed-0/failure.txt"))
    #expect(again.output.contains("With one run per cell"))
  }

  @Test(
    "a study that cannot begin is one sentence, and leaves nothing",
    arguments: [
      ("base: no.yaml\ngrid: {loss.blp: [0, 1]}", Int32(66), "no.yaml: no such file."),
      ("base: tiny.yaml\ngrid: {loss.blq: [0, 1]}", 64, "bad.yaml:2: in cell blq=0, loss.blq is not a setting"),
      ("base: tiny.yaml\ngrid: {}", 64, "bad.yaml:2: grid is a section, and must be lists of values"),
      ("base: tiny.yaml\ngrid: {loss.blp: [0, 0]}", 64, "bad.yaml: two cells are named blp=0"),
      (
        "base: tiny.yaml\nset: {data.masks: null}\ngrid: {loss.blp: [0, 1]}", 64,
        "in cell blp=0, there are no validation images to compare by"
      ),
      ("base: tiny.yaml\noutput: /proc/study\ngrid: {loss.blp: [0, 1]}", 1, "blpseg: /proc"),
      ("base: tiny.yaml\ngrid: {data.scribbles: [nowhere, scribbles]}", 66, "data/nowhere: no such folder"),
    ])
  func refused(text: String, code: Int32, expected: String) throws {
    try workspace.write(text, "bad.yaml")
    let outcome = try workspace.blpseg("study", "bad.yaml")
    #expect(outcome.code == code, "\(outcome.errors)")
    #expect(outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(!workspace.exists("runs/bad"))
  }
}
