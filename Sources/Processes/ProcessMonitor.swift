import Concurrency
import Foundation
import Synchronization
import Tensors

/// Joins the processes that train together, and detects and names one that is lost.
///
/// Once it has joined, every process sends a heartbeat twice a second and reads those of the others.
package final class ProcessMonitor: Sendable {
  /// Seconds without a heartbeat after which a process counts as lost.
  private static let timeout = 20.0
  /// The same while the cause of an error is looked for.
  private static let timeoutAfterError = 4.0

  package let launch: LaunchEnvironment
  let store: RendezvousStore
  private let heartbeats: Heartbeats
  private let startTimeout: StartTimeout
  private let messages = Atomic<Int>(0)

  /// Joins the other processes, waiting for process 0 up to `launch.startTimeout`, and starts monitoring.
  ///
  /// `name` identifies this process in messages. `isCancelled` is polled while waiting. `onLoss` is called once at
  /// most, on a thread of its own, when a process has failed, or has been silent for 20 seconds, and this process may
  /// not have noticed. Throws a `RendezvousError` or a `ProcessSettingsError` where the processes do not find each
  /// other.
  package init(
    _ launch: LaunchEnvironment, name: String, isCancelled: () -> Bool = { false },
    onLoss: @escaping @Sendable (ProcessLoss) -> Void
  ) throws {
    _ = LibTorch.started
    self.launch = launch
    startTimeout = StartTimeout(launch.startTimeout)
    store = try RendezvousStore.join(launch, startTimeout, isCancelled: isCancelled)
    // A connection of its own: the other one may be waiting for an answer.
    let connection = try store.another()
    let heartbeats = Heartbeats(launch, name: name)
    self.heartbeats = heartbeats
    try Self.thread("heartbeats") { heartbeats.exchange(at: connection) }
    try Self.thread("monitor") { Self.monitor(heartbeats, onLoss) }
  }

  deinit { stop() }

  /// Waits until all processes have joined. Throws a `RendezvousError` where they do not within `launch.startTimeout`
  /// after this one.
  func waitForAll(isCancelled: () -> Bool) throws {
    try startTimeout.wait(isCancelled: isCancelled) {
      let missing = heartbeats.missing
      let names = missing.prefix(4).map(String.init).joined(separator: ", ") + (missing.count > 4 ? ", ..." : "")
      return RendezvousError(
        description:
          "\(launch.count) processes were expected at \(launch.address), and \(launch.count - missing.count) "
          + "came within \(Int(startTimeout.seconds)) s, without process \(names); start all of them, or set WORLD_SIZE "
          + "(\(LaunchEnvironment.timeoutVariable) allows more seconds).")
    } _: {
      if let loss = heartbeats.loss(timeout: Self.timeout) { throw loss }
      return heartbeats.missing.isEmpty ? () : nil
    }
  }

  /// The text of process 0, in all processes, which must ask for their texts in one order; `text` is asked for in
  /// process 0 only. Throws `ProcessLoss` when process 0 is lost.
  package func broadcast(_ text: () throws -> String) throws -> String {
    let key = "message/\(messages.add(1, ordering: .relaxed).newValue)"
    if launch.isFirst {
      let result = try text()
      try store.set(key, result)
      return result
    }
    while true {
      if let result = try store.text(key) { return result }
      if let loss = heartbeats.loss(timeout: Self.timeout) { throw loss }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  /// Ends monitoring: this process has nothing left to do with the others, which may end from now on.
  package func stop() { heartbeats.end(.left, within: 12) }

  /// Runs `body`. An error that another process has caused becomes the `ProcessLoss` that names it; other errors are
  /// reported to the other processes.
  package func explaining<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      if !heartbeats.beginsToExplain() {
        // The monitor is about to end this process, and reports why.
        Thread.sleep(forTimeInterval: 2)
      }
      if let loss = error as? ProcessLoss ?? (error is TorchError ? cause() : nil) {
        tell(loss.problem, lost: loss.rank)
        throw loss
      }
      tell("\(error)")
      throw error
    }
  }

  /// Reports to the others why this process is about to end.
  package func tell(_ problem: String) { tell(problem, lost: nil) }

  private func tell(_ problem: String?, lost: Int?) { heartbeats.end(.failed, problem: problem, lost: lost, within: 4) }

  /// The cause of a broken connection: the other process that failed or went silent, or nil where none did.
  package func cause() -> ProcessLoss? {
    let start = ContinuousClock.now
    while true {
      let time = ContinuousClock.now - start
      // A process that left counts as the cause only when no other is found soon.
      let counts = time > .seconds(Self.timeoutAfterError / 2)
      if let loss = heartbeats.loss(timeout: Self.timeoutAfterError, countingThoseThatLeft: counts) { return loss }
      if time > .seconds(2 * Self.timeoutAfterError) { return nil }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  private static func monitor(_ heartbeats: Heartbeats, _ onLoss: (ProcessLoss) -> Void) {
    var last = ContinuousClock.now
    while heartbeats.isRunning {
      Thread.sleep(forTimeInterval: 0.1)
      let now = ContinuousClock.now
      heartbeats.age(by: now - last)
      last = now
      guard let loss = heartbeats.loss(timeout: timeout), heartbeats.isRunning, heartbeats.beginsToExplain() else {
        continue
      }
      heartbeats.end(.failed, problem: loss.problem, lost: loss.rank, within: 4)
      onLoss(loss)
    }
  }

  private static func thread(_ name: String, _ work: @escaping @Sendable () -> Void) throws(RendezvousError) {
    guard startThread(named: name, work) else {
      throw RendezvousError(
        description:
          "The system allows no further thread, and processes that train together need two to watch each other; "
          + "raise the limit (ulimit -u, or pids.max of the container).")
    }
  }
}

/// One of the processes that train together has ended or stopped answering.
package struct ProcessLoss: Error, Equatable, Sendable, CustomStringConvertible {
  package let rank: Int
  package let count: Int
  /// The name that the process gave itself.
  package let name: String
  /// The error that it reported before it ended, if it could.
  package let problem: String?

  package var description: String {
    let what = problem.map { "failed: \($0.hasSuffix(".") ? $0.dropLast() : $0[...])" } ?? "ended or stopped answering"
    return "Process \(rank) of \(count) (\(name)) \(what)"
  }
}
