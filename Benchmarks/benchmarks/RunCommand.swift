import ArgumentParser
import Foundation

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Time all tasks, both sides in turn, and print medians with least and most.",
    discussion: """
      Each side is a process of its own that prepares a task, does it once to get warm, and then takes turns with the \
      other. Run it in the checkout after Scripts/setup-interop, on a machine that does nothing else.
      """)

  @Option(help: "Turns of each side.")
  var repeats = 5

  @Option(help: "Tasks; all where none is named.")
  var task: [Task] = []

  @Option(help: "Where the JSON goes; tasks that are not run keep what it says of them.")
  var output = "Benchmarks/results.json"

  func run() throws {
    let folder = NSTemporaryDirectory() + "blpseg-benchmarks-\(ProcessInfo.processInfo.processIdentifier)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try TrainingData(folder: folder).make(from: "Demo")
    var comparisons: [Comparison] = []
    for task in task.isEmpty ? Task.allCases : task {
      let comparison = try task == .startUp ? compareStartUps() : compare(task, folder)
      FileHandle.standardError.write(
        Data("\(Results(comparisons: [comparison]).table.split(separator: "\n")[2])\n".utf8))
      comparisons.append(comparison)
      try Results(comparisons: comparisons).write(to: output)
    }
    print(Results(comparisons: comparisons).table)
  }

  private func compare(_ task: Task, _ data: String) throws -> Comparison {
    let threads = task.isPerCore ? 1 : nil
    let ours = try WorkerProcess(ours(task, data), threads: threads)
    let peer = try peers(task, data).map { try WorkerProcess($0, threads: threads) }
    let sides = [ours] + (peer.map { [$0] } ?? [])
    var times = sides.map { _ in [Double]() }
    var memory = sides.map { _ in 0 }
    for turn in 0...repeats {
      for (index, side) in sides.enumerated() {
        let reply = try side.work()
        memory[index] = reply.peakMemory
        // The first turn is for getting warm.
        if turn > 0 { times[index].append(reply.seconds) }
      }
    }
    try sides.forEach { try $0.end() }
    let measurements = zip(times, memory).map { Measurement($0, peakMemory: $1) }
    return Comparison(task: task, ours: measurements[0], peer: measurements.count > 1 ? measurements[1] : nil)
  }

  /// Times whole processes until they are ready.
  private func compareStartUps() throws -> Comparison {
    var times: [[Double]] = [[], []]
    var memory = [0, 0]
    for _ in 0..<repeats {
      for (index, command) in [ours(.startUp, ""), try peers(.startUp, "") ?? []].enumerated() {
        let worker = try WorkerProcess(command, threads: nil)
        times[index].append(worker.secondsToReady)
        memory[index] = try worker.work().peakMemory
        try worker.end()
      }
    }
    return Comparison(
      task: .startUp, ours: Measurement(times[0], peakMemory: memory[0]),
      peer: Measurement(times[1], peakMemory: memory[1]))
  }

  private func ours(_ task: Task, _ data: String) -> [String] {
    WorkerProcess.ours(["worker", task.rawValue, "--data", data] + threads(task))
  }

  private func peers(_ task: Task, _ data: String) throws -> [String]? {
    guard let name = task.peerName else { return nil }
    return try WorkerProcess.peers(
      [name, "--images", "\(data)/images", "--scribbles", "\(data)/scribbles"] + threads(task))
  }

  private func threads(_ task: Task) -> [String] { task.isPerCore ? ["--threads", "1"] : [] }
}
