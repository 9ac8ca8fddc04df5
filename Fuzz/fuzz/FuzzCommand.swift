import ArgumentParser
import Foundation
import Fuzzing

@main
struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz", abstract: "Give damaged files to every reader, each in a process of its own.",
    discussion: """
      A file that crashes a reader, hangs it, makes it take more than 4 GB or throw anything but a refusal is kept in \
      Fuzz/cases/READER, where make test reads it from then on. Exits with 1 if there was one.
      """)

  @Argument(help: "Readers (default: all).")
  var readers: [String] = []

  @Option(help: "Seconds for each reader.")
  var seconds = 20.0

  @Option(help: "Decides the damage (default: another in every run).")
  var seed: UInt64?

  @Option(help: .hidden) var worker: String?

  func validate() throws {
    let known = FuzzTarget.all.map(\.name)
    if let unknown = readers.first(where: { !known.contains($0) }) {
      throw ValidationError("\(unknown) is no reader; the readers are \(known.joined(separator: ", ")).")
    }
  }

  func run() throws {
    let seed = seed ?? UInt64.random(in: 0 ... .max)
    if let folder = worker {
      guard let target = FuzzTarget.all.first(where: { $0.name == readers.first }) else { throw ExitCode.failure }
      return try FuzzWorker.run(target, in: folder, seconds: seconds, seed: seed)
    }
    var faults = 0
    for target in FuzzTarget.all where readers.isEmpty || readers.contains(target.name) {
      faults += try FuzzSupervisor(target, seconds: seconds, seed: seed).run()
    }
    guard faults == 0 else {
      print("\(faults) \(faults == 1 ? "file" : "files") kept in Fuzz/cases (seed \(seed))")
      throw ExitCode.failure
    }
  }
}
