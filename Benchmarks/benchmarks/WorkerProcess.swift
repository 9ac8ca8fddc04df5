import Files
import Foundation

/// A worker, ours or the peer's, that has prepared a task.
final class WorkerProcess {
  struct Reply: Decodable {
    let seconds: Double
    let peakMemory: Int

    enum CodingKeys: String, CodingKey {
      case seconds
      case peakMemory = "peak_memory"
    }
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let process = Process()
  private let requests = Pipe()
  private let replies = Pipe()
  private let name: String
  /// What starting and preparing took.
  private(set) var secondsToReady = 0.0
  private var buffer = Data()

  /// The command of a worker of this program.
  static func ours(_ arguments: [String]) -> [String] {
    [Bundle.main.executablePath ?? CommandLine.arguments[0]] + arguments
  }

  /// The command of a worker of the PyTorch side; throws where its environment is missing.
  static func peers(_ arguments: [String]) throws -> [String] {
    let python = ".interop/bin/python"
    try InputFile.requireFile(python)
    return [python, "Benchmarks/peer/worker.py"] + arguments
  }

  /// Starts `command` and waits until it is ready; `secondsToReady` is what that took.
  init(_ command: [String], threads: Int?) throws {
    name = command.joined(separator: " ")
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    if let threads {
      process.environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "\(threads)"]) { $1 }
    }
    process.standardInput = requests
    process.standardOutput = replies
    let start = ContinuousClock.now
    try process.run()
    _ = try line()
    secondsToReady = (ContinuousClock.now - start) / .seconds(1)
  }

  /// Does the task once.
  func work() throws -> Reply {
    try requests.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
    let line = try line()
    guard let reply = try? JSONDecoder().decode(Reply.self, from: line) else {
      throw Failure(description: "\(name) answered \"\(String(decoding: line, as: UTF8.self))\"")
    }
    return reply
  }

  func end() throws {
    try requests.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private func line() throws -> Data {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffer = Data(buffer[buffer.index(after: end)...]) }
        return buffer[..<end]
      }
      let data = replies.fileHandleForReading.availableData
      if data.isEmpty { throw Failure(description: "\(name) ended without an answer") }
      buffer += data
    }
  }
}
