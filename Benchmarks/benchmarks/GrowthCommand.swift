import ArgumentParser
import Foundation

struct GrowthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "growth", abstract: "Measure how time and memory grow with the image's side and with the batch.",
    discussion: """
      Each point is a process of its own, on both sides where the peer's tables fit into 16 GB. Run it in the checkout \
      after Scripts/setup-interop, on a machine that does nothing else.
      """)

  @Option(help: "Turns at each point; one where a turn takes more than half a minute.")
  var repeats = 3

  @Option(help: "Sides that are larger are left out; 0 only draws the charts of what is known.")
  var largest = 2048

  @Option(help: "Where the JSON goes; points that are not measured keep what it says of them.")
  var output = "Benchmarks/growth.json"

  @Option(help: "Folder of the charts.")
  var charts = "Docs"

  func validate() throws {
    if repeats < 1 { throw ValidationError("--repeats must be at least 1, found \(repeats)") }
  }

  func run() throws {
    var results = try GrowthResults(path: output)
    for point in GrowthPoint.all where point.side <= largest {
      for program in GrowthResults.Program.allCases where program == .ours || point.fitsPeer {
        let measurement = try measured(command(program, point))
        try results.set(measurement, of: program, at: point)
        let size = "side \(point.side), batch \(point.batch)"
        let found = String(format: "%.3f s, %.0f MB", measurement.median, Double(measurement.peakMemory) / 1e6)
        FileHandle.standardError.write(Data("\(point.task.rawValue), \(size), \(program.rawValue): \(found)\n".utf8))
      }
    }
    try results.writeCharts(to: charts)
  }

  private func measured(_ command: [String]) throws -> Measurement {
    let worker = try WorkerProcess(command, threads: nil)
    var reply = try worker.work()
    var times: [Double] = []
    if reply.seconds > 30 {
      times.append(reply.seconds)
    } else {
      // The first turn was for getting warm.
      for _ in 0..<repeats {
        reply = try worker.work()
        times.append(reply.seconds)
      }
    }
    try worker.end()
    return Measurement(times, peakMemory: reply.peakMemory)
  }

  private func command(_ program: GrowthResults.Program, _ point: GrowthPoint) throws -> [String] {
    let size = ["--side", "\(point.side)", "--batch", "\(point.batch)"]
    switch program {
    case .ours: return WorkerProcess.ours(["growth-worker", point.task.rawValue] + size)
    case .peer: return try WorkerProcess.peers([point.task.peerName] + size)
    }
  }
}

/// Does the task of one point again and again, whenever the program that started it asks for it.
struct GrowthWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "growth-worker", shouldDisplay: false)

  @Argument var task: GrowthPoint.Task
  @Option var side: Int
  @Option var batch: Int

  func run() throws {
    let point = GrowthPoint(task: task, side: side, batch: batch)
    try Worker { try Workload(data: "", threads: 0).prepared(point) }.serve()
  }
}
