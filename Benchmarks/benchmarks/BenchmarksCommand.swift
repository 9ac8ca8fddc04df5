import ArgumentParser

@main
struct BenchmarksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Time this package beside the same network in plain PyTorch, OpenCV and pydensecrf.",
    subcommands: [RunCommand.self, WorkerCommand.self], defaultSubcommand: RunCommand.self)
}

/// Does one task again and again, whenever the program that started it asks for it.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

  @Argument var task: Task
  @Option var threads = 0
  @Option var data = ""

  func run() throws { try Worker(task, threads: threads, data: data).serve() }
}

extension Task: ExpressibleByArgument {}
