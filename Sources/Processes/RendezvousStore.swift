import CLibTorch
import Foundation
import Tensors

/// The rendezvous of cooperating processes: a key-value store (c10d's TCPStore).
///
/// Process 0 opens it, at MASTER_ADDR's address alone where it has one, or the launcher has opened it. Keys begin with
/// a random token of process 0, so that neither an earlier start nor an unrelated client of the port is taken for one
/// of the processes. A connection serves one thread at a time.
final class RendezvousStore: @unchecked Sendable {
  /// Seconds within which an open store answers.
  private static let answerTimeout = 10.0

  private let connection: Connection
  private let prefix: String

  private init(_ connection: Connection, prefix: String) {
    self.connection = connection
    self.prefix = prefix
  }

  /// Another connection to the same store, for another thread.
  func another() throws(TorchError) -> RendezvousStore {
    var store = TorchStore(ref: nil)
    try LibTorch.check(torch_store_connect_again(handle, Self.answerTimeout, &store), "store")
    return RendezvousStore(Connection(store), prefix: prefix)
  }

  var handle: TorchStore { connection.handle }

  func key(_ name: String) -> String { "\(prefix)/\(name)" }

  func set(_ name: String, _ text: String) throws(TorchError) {
    let bytes = Array(text.utf8)
    try LibTorch.check(torch_store_set(handle, key(name), bytes, bytes.count), "store")
  }

  /// The text under a key; nil where there is none yet.
  func text(_ name: String) throws(TorchError) -> String? {
    var found = false
    try LibTorch.check(torch_store_has(handle, key(name), &found), "store")
    guard found else { return nil }
    var bytes: UnsafeMutablePointer<CChar>?
    var count = 0
    try LibTorch.check(torch_store_get(handle, key(name), &bytes, &count), "store")
    defer { torch_text_release(bytes) }
    return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// Adds to the number under a key, which begins at 0, and returns the sum.
  @discardableResult
  func add(_ name: String, _ amount: Int) throws(TorchError) -> Int {
    var sum: Int64 = 0
    try LibTorch.check(torch_store_add(handle, key(name), Int64(amount), &sum), "store")
    return Int(sum)
  }
}

extension RendezvousStore {
  /// Opens the store, or waits for it to open, and registers the rank of this process in it.
  ///
  /// Throws a `RendezvousError` where that fails or another process has this rank, and a `ProcessSettingsError` where
  /// process 0 belongs to another job or to another number of processes.
  static func join(
    _ launch: LaunchEnvironment, _ timeout: StartTimeout, isCancelled: () -> Bool
  ) throws -> RendezvousStore {
    let connection = Connection(try store(launch, timeout, isCancelled: isCancelled))
    let lobby = RendezvousStore(connection, prefix: "blpseg/\(launch.restarts)")
    do {
      let job = try lobby.job(of: launch, timeout, isCancelled: isCancelled)
      try job.requireSame(as: launch)
      let result = RendezvousStore(connection, prefix: "blpseg/\(job.token)")
      guard try result.add("came/\(launch.rank)", 1) == 1 else {
        throw RendezvousError(
          description:
            "Another process \(launch.rank) of \(launch.count) came to \(launch.address) before this one; give "
            + "each process a RANK of its own, and each job a MASTER_PORT of its own.")
      }
      return result
    } catch let error as TorchError {
      throw RendezvousError(
        description: "Process 0 at \(launch.address) ended while this process came to it (\(error.message)).")
    }
  }

  private static func store(
    _ launch: LaunchEnvironment, _ timeout: StartTimeout, isCancelled: () -> Bool
  ) throws -> TorchStore {
    let answer = min(answerTimeout, timeout.seconds)
    var store = TorchStore(ref: nil)
    if launch.isFirst && !launch.launcherServes {
      do throws(TorchError) {
        try LibTorch.check(torch_store_open(launch.host, launch.port, answer, &store), "store")
      } catch {
        throw RendezvousError(
          description: "Process 0 cannot wait for the others at \(launch.address): \(error.message).")
      }
      return store
    }
    var problem = ""
    return try timeout.wait(isCancelled: isCancelled) {
      RendezvousError(
        description: "Process 0 could not be reached at \(launch.address) within \(Int(timeout.seconds)) s "
          + "(\(problem)); look what it says, and check MASTER_ADDR and MASTER_PORT (\(LaunchEnvironment.timeoutVariable) allows more "
          + "seconds).")
    } _: {
      do throws(TorchError) {
        try LibTorch.check(torch_store_connect(launch.host, launch.port, answer, &store), "store")
        return store
      } catch {
        problem = error.message
        return nil
      }
    }
  }

  /// The description of the job that process 0 publishes.
  private func job(of launch: LaunchEnvironment, _ timeout: StartTimeout, isCancelled: () -> Bool) throws -> Job {
    if launch.isFirst {
      let job = Job(launch)
      try set("job", job.text())
      return job
    }
    return try timeout.wait(isCancelled: isCancelled) {
      RendezvousError(
        description: "A store is at \(launch.address), and no process 0 of this program opened it within "
          + "\(Int(timeout.seconds)) s; check MASTER_ADDR and MASTER_PORT.")
    } _: {
      try text("job").flatMap(Job.init(text:))
    }
  }
}

/// Owns a connection, and in process 0 the store as well.
private final class Connection {
  let handle: TorchStore

  init(_ handle: TorchStore) { self.handle = handle }

  deinit { torch_store_release(handle) }
}

/// The identity of a job, by which process 0 and the others recognise each other.
private struct Job: Codable {
  /// The prefix of this job's keys.
  let token: String
  let count: Int
  let run: String?

  init(_ launch: LaunchEnvironment) {
    token = String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
    count = launch.count
    run = launch.run
  }

  init?(text: String) {
    guard let job = try? JSONDecoder().decode(Job.self, from: Data(text.utf8)) else { return nil }
    self = job
  }

  func text() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }

  func requireSame(as launch: LaunchEnvironment) throws(ProcessSettingsError) {
    if count != launch.count {
      throw ProcessSettingsError(
        variable: "WORLD_SIZE", problem: "is \(launch.count) here and \(count) in process 0 at \(launch.address)")
    }
    if run != launch.run {
      throw ProcessSettingsError(
        variable: LaunchEnvironment.runVariable,
        problem: "is \(launch.run ?? "missing") here and \(run ?? "missing") in process 0 at \(launch.address)")
    }
  }
}

/// Why processes that should train together did not find each other.
package struct RendezvousError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One sentence: what was waited for, what was found, and a remedy.
  package let description: String
}

/// How long a process waits for the others to be started.
struct StartTimeout {
  let seconds: Double
  private let end: ContinuousClock.Instant

  init(_ seconds: Double) {
    self.seconds = seconds
    end = .now + .seconds(seconds)
  }

  /// Calls `attempt` until it returns a value. Throws what `failure` returns when time is up, and where `isCancelled`
  /// returns true.
  func wait<Value>(
    isCancelled: () -> Bool, failure: () -> RendezvousError, _ attempt: () throws -> Value?
  ) throws -> Value {
    while true {
      if let value = try attempt() { return value }
      if isCancelled() {
        throw RendezvousError(description: "This process was stopped while it waited for the other processes.")
      }
      if ContinuousClock.now > end { throw failure() }
      Thread.sleep(forTimeInterval: 0.05)
    }
  }
}
