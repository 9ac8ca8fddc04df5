import ArgumentParser
import Tensors

@main
struct BenchmarksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Time this package beside the same network in plain PyTorch, OpenCV and pydensecrf.",
    subcommands: [RunCommand.self, GrowthCommand.self, WorkerCommand.self, GrowthWorkerCommand.self],
    defaultSubcommand: RunCommand.self)
}

/// Does one task again and again, whenever the program that started it asks for it.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

  @Argument var task: Task
  @Option var threads = 0
  @Option var data = ""

  func run() throws {
    if threads > 0 { LibTorch.threadCount = threads }
    try Worker { try Workload(data: data, threads: threads).prepared(task) }.serve()
  }
}

extension Task: ExpressibleByArgument {}
