import Foundation
import TestSupport
import Testing

@Suite("Several processes on one machine", .serialized)
struct SeveralProcessesTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  /// Starts `blpseg train` once for each of two ranks; the run is longer than anyone waits.
  private func start(_ output: String, _ overrides: [String] = []) throws -> [Program.Running] {
    let port = try Ranks.freePort()
    return try (0..<2).map { rank in
      try Program.Running(
        ["train", "tiny.yaml", "--set", "output=\(output)", "--set", "training.iterations=100000"] + overrides,
        in: workspace.path,
        environment: [
          "WORLD_SIZE": "2", "RANK": "\(rank)", "LOCAL_RANK": "\(rank)", "MASTER_ADDR": "127.0.0.1",
          "MASTER_PORT": "\(port)", "OMP_NUM_THREADS": "1",
        ])
    }
  }

  @Test("a process that is killed ends the other within a minute, and is named", arguments: [0, 1])
  func killed(victim: Int) throws {
    let output = "runs/killed\(victim)"
    let processes = try start(output)
    #expect(processes[0].waits { workspace.exists("\(output)/last.safetensors") })
    processes[victim].send(SIGKILL)
    let start = ContinuousClock.now
    let outcome = try processes[1 - victim].outcome()
    #expect(ContinuousClock.now - start < .seconds(60))
    #expect(outcome.code == 1)
    let last = try #require(outcome.errorLines.last)
    #expect(last.contains("Process \(victim) of 2 (pid "), "\(last)")
    #expect(last.contains("--resume"), "\(last)")
    #expect(try processes[victim].outcome().code == -SIGKILL)
  }

  @Test("what one process cannot read, all report")
  func told() throws {
    try workspace.write("not a photograph", "broken/JPEGImages/Bengal_152.jpg")
    for id in Workspace.photographs where id != "Bengal_152" {
      try workspace.write(workspace.data("data/JPEGImages/\(id).jpg"), "broken/JPEGImages/\(id).jpg")
    }
    let images = "data.images=\(workspace("broken/JPEGImages"))"
    let outcomes = try start("runs/told", ["--set", images, "--set", "data.validation_list=null"])
      .map { try $0.outcome() }
    #expect(outcomes.map(\.code) == [1, 1])
    let lines = outcomes.compactMap(\.errorLines.last)
    #expect(lines.allSatisfy { $0.contains("Bengal_152.jpg") }, "\(lines)")
    #expect(lines.filter { $0.contains("failed: ") }.count == 1, "\(lines)")
  }

  @Test("Ctrl-C in one process saves and ends all of them")
  func interrupted() throws {
    let processes = try start("runs/interrupted")
    #expect(processes[0].waits { workspace.exists("runs/interrupted/last.safetensors") })
    processes[1].send(SIGINT)
    #expect(try processes.map { try $0.outcome().code } == [130, 130])
  }

  @Test("variables and batches that do not fit are bad settings")
  func settings() throws {
    let place = ["WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"]
    let batch = try Program.Running(
      ["train", "tiny.yaml", "--set", "training.batch_size=3"], in: workspace.path, environment: place
    ).outcome()
    #expect(batch.code == 64)
    #expect(batch.errorLines.last?.contains("training.batch_size") == true)
    let rank = try Program.Running(
      ["train", "tiny.yaml"], in: workspace.path, environment: place.merging(["RANK": "2"]) { $1 }
    ).outcome()
    #expect(rank.code == 64)
    #expect(rank.errorLines.last?.contains("variable RANK") == true)
  }
}
