import Foundation
import TestNetworks
import TestSupport
import Testing

@Suite("Several processes on one machine", .serialized)
struct SeveralProcessesTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace.shared.get() }

  /// Starts `blpseg train` as one of two processes; the run is longer than anyone waits.
  private func start(
    _ rank: Int, at port: UInt16, _ output: String, _ overrides: [String] = [], in folder: String? = nil,
    timeout: Int = 60
  ) throws -> Program.Running {
    try Program.Running(
      ["train", workspace("tiny.yaml")]
        + (["output=\(output)", "training.iterations=100000"] + overrides).flatMap { ["--set", $0] },
      in: folder ?? workspace.path,
      environment: [
        "WORLD_SIZE": "2", "RANK": "\(rank)", "LOCAL_RANK": "\(rank)", "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "\(port)", "OMP_NUM_THREADS": "1", "BLPSEG_START_TIMEOUT": "\(timeout)",
      ])
  }

  /// Starts both; `overrides` are those of each.
  private func start(_ output: String, _ overrides: [[String]]) throws -> [Program.Running] {
    let port = try Ranks.freePort()
    return try (0..<2).map { try start($0, at: port, output, overrides[$0]) }
  }

  private func start(_ output: String, _ overrides: [String] = []) throws -> [Program.Running] {
    try start(output, [overrides, overrides])
  }

  /// When a process is lost.
  enum Phase {
    case reading, training, validating, saving

    /// Settings with which much of the time goes to this phase.
    var overrides: [String] {
      switch self {
      case .reading, .training: ["training.validate_every=0", "training.checkpoint_every=1000000"]
      case .validating: ["training.validate_every=1", "evaluation.scales=[2,2,2,2]"]
      case .saving: ["training.validate_every=0", "training.checkpoint_every=1", "model.decoder_width=256"]
      }
    }

    /// What is in the run's folder when it has begun.
    var sign: String {
      switch self {
      case .reading: "settings.yaml"
      case .training, .validating: "metrics.jsonl"
      case .saving: "last.safetensors"
      }
    }
  }

  @Test(
    "whichever process is lost, by whatever signal and whenever, the other ends and names it", .timeLimit(.minutes(5)))
  func lost() throws {
    struct Case {
      let phase: Phase
      let victim: Int
      let signal: Int32
    }
    let cases = [
      Case(phase: .reading, victim: 0, signal: SIGKILL), Case(phase: .training, victim: 1, signal: SIGKILL),
      Case(phase: .validating, victim: 1, signal: SIGKILL), Case(phase: .validating, victim: 1, signal: SIGSTOP),
      Case(phase: .saving, victim: 0, signal: SIGKILL), Case(phase: .training, victim: 0, signal: SIGSTOP),
    ]
    // Most of the time is spent waiting for a silence to become long enough: the cases wait together.
    var running: [(Case, [Program.Running])] = []
    for (number, item) in cases.enumerated() {
      let output = "runs/lost\(number)"
      let processes = try start(output, item.phase.overrides)
      #expect(processes[0].waits { workspace.exists("\(output)/\(item.phase.sign)") })
      processes[item.victim].send(item.signal)
      running.append((item, processes))
    }
    for (item, processes) in running {
      let outcome = try processes[1 - item.victim].outcome()
      #expect(outcome.code == 1, "\(item)")
      let last = try #require(outcome.errorLines.last)
      #expect(last.contains("Process \(item.victim) of 2 (pid ") && last.contains("--resume"), "\(item): \(last)")
      processes[item.victim].send(SIGKILL)
      #expect(try processes[item.victim].outcome().code == -SIGKILL)
    }
    #expect(try String(decoding: workspace.data("runs/lost2/train.log"), as: UTF8.self).contains("Process 1 of 2"))
  }

  @Test("settings that decide what is learnt must be those of process 0, and what differs is named")
  func differentSettings() throws {
    let other = ["data.crop=96", "training.learning_rate=1e-4", "seed=3", "loss.gamma=0.5", "data.classes=voc"]
    let outcomes = try start("runs/different", [[], other]).map { try $0.outcome() }
    #expect(outcomes.map(\.code) == [1, 64])
    let names = ["data.crop is 96 here and 64 in process 0", "training.learning_rate", "seed", "loss.gamma", "classes"]
    for outcome in outcomes {
      let last = try #require(outcome.errorLines.last)
      #expect(names.allSatisfy(last.contains), "\(last)")
    }
    #expect(!workspace.exists("runs/different/last.safetensors"))
  }

  @Test("the training images must be those of process 0")
  func differentImages() throws {
    let list = Workspace.photographs.reversed().joined(separator: "\n")
    try workspace.write(list, "data/reversed.txt")
    let outcomes = try start("runs/images", [[], ["data.train_list=reversed.txt"]]).map { try $0.outcome() }
    #expect(outcomes.map(\.code) == [1, 64])
    for outcome in outcomes {
      let last = try #require(outcome.errorLines.last)
      #expect(last.contains("training image 1 is beagle_14 here and Abyssinian_217 in process 0"), "\(last)")
    }
  }

  @Test("paths, threads, current folders and what is written may differ")
  func permittedDifferences() throws {
    let other = ["data.root=\(workspace("data"))", "threads=1", "data.workers=2", "name=other"]
    let short = ["training.iterations=2", "training.validate_every=0"]
    let port = try Ranks.freePort()
    let running = [
      try start(0, at: port, "runs/permitted", short),
      try start(1, at: port, "runs/permitted", short + other, in: workspace("data")),
    ]
    let outcomes = try running.map { try $0.outcome() }
    #expect(outcomes.map(\.code) == [0, 0], "\(outcomes.map(\.errors))")
  }

  @Test("a process that waits for one that never comes, or dies while it starts, ends with a sentence")
  func starting() throws {
    let port = try Ranks.freePort()
    let alone = try start(1, at: port, "runs/starting", timeout: 2).outcome()
    #expect(alone.code == 1)
    #expect(alone.errorLines.last?.contains("could not be reached at 127.0.0.1:\(port)") == true, "\(alone.errors)")
    let first = try start(0, at: port, "runs/starting", timeout: 2).outcome()
    #expect(first.code == 1)
    #expect(first.errorLines.last?.contains("without process 1") == true, "\(first.errors)")
  }

  @Test("what one process cannot read, all report")
  func told() throws {
    try workspace.write("not a photograph", "broken/JPEGImages/Bengal_152.jpg")
    for id in Workspace.photographs where id != "Bengal_152" {
      try workspace.write(workspace.data("data/JPEGImages/\(id).jpg"), "broken/JPEGImages/\(id).jpg")
    }
    let images = "data.images=\(workspace("broken/JPEGImages"))"
    let outcomes = try start("runs/told", [images, "data.validation_list=null"])
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
