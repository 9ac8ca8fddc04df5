import Concurrency
import Foundation
import Synchronization
import Tensors

/// Brings the processes that train together to one place, notices when one of them is lost, and knows which.
///
/// From the moment when it comes there, every process gives a sign of life twice a second, and looks at those of the
/// others.
public final class ProcessWatch: Sendable {
  /// After so many seconds without a sign of life a process counts as lost.
  private static let patience = 20.0
  /// The same while somebody looks for the cause of an error that has happened.
  private static let patienceAfterError = 4.0

  public let place: ProcessPlace
  let meeting: MeetingPoint
  private let signs: SignsOfLife
  private let timeout: StartTimeout
  private let messages = Atomic<Int>(0)

  /// Comes to the other processes, waiting for process 0 up to `place.startTimeout`, and starts watching.
  ///
  /// `name` tells a person which process this is. `isCancelled` is asked while waiting. `onLoss` is called once at most,
  /// on a thread of its own, when a process has failed, or has been silent for 20 seconds, and this process may not have
  /// noticed. Throws a `RendezvousError` or a `ProcessSettingsError` where the processes do not find each other.
  public init(
    _ place: ProcessPlace, name: String, isCancelled: () -> Bool = { false },
    onLoss: @escaping @Sendable (ProcessLoss) -> Void
  ) throws {
    _ = LibTorch.started
    self.place = place
    timeout = StartTimeout(place.startTimeout)
    meeting = try MeetingPoint.join(place, timeout, isCancelled: isCancelled)
    // A connection of its own: the other one may be waiting for an answer.
    let connection = try meeting.another()
    let signs = SignsOfLife(place, name: name)
    self.signs = signs
    try Self.thread("signs of life") { signs.exchange(at: connection) }
    try Self.thread("watch") { Self.watch(signs, onLoss) }
  }

  deinit { stop() }

  /// Waits until all processes have come. Throws a `RendezvousError` where they do not within `place.startTimeout` from
  /// when this one came.
  func waitForAll(isCancelled: () -> Bool) throws {
    try timeout.wait(isCancelled: isCancelled) {
      let missing = signs.missing
      let names = missing.prefix(4).map(String.init).joined(separator: ", ") + (missing.count > 4 ? ", ..." : "")
      return RendezvousError(
        description: "\(place.count) processes were expected at \(place.address), and \(place.count - missing.count) "
          + "came within \(Int(timeout.seconds)) s, without process \(names); start all of them, or set WORLD_SIZE "
          + "(\(ProcessPlace.timeoutVariable) allows more seconds).")
    } _: {
      if let loss = signs.loss(patience: Self.patience) { throw loss }
      return signs.missing.isEmpty ? () : nil
    }
  }

  /// The text of process 0, in all processes, which must ask for their texts in one order; `text` is asked for in
  /// process 0 only. Throws `ProcessLoss` when process 0 is lost.
  public func broadcast(_ text: () throws -> String) throws -> String {
    let key = "message/\(messages.add(1, ordering: .relaxed).newValue)"
    if place.isFirst {
      let result = try text()
      try meeting.set(key, result)
      return result
    }
    while true {
      if let result = try meeting.text(key) { return result }
      if let loss = signs.loss(patience: Self.patience) { throw loss }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  /// Ends the watch: this process is done with what all do together, and the others may end from now on.
  public func stop() { signs.end(.left, within: 12) }

  /// Runs `body`. An error that another process has caused becomes the `ProcessLoss` that names it; of others the other
  /// processes are told.
  public func explaining<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      if !signs.beginsToExplain() {
        // The watch is about to end this process, and says why.
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

  /// Tells the others why this process is about to end.
  public func tell(_ problem: String) { tell(problem, lost: nil) }

  private func tell(_ problem: String?, lost: Int?) { signs.end(.failed, problem: problem, lost: lost, within: 4) }

  /// What a broken connection comes from: which other process failed or went silent, or nil where all are well.
  public func cause() -> ProcessLoss? {
    let start = ContinuousClock.now
    while true {
      let time = ContinuousClock.now - start
      // A process that left has not done so by mistake where something else is found soon.
      let counts = time > .seconds(Self.patienceAfterError / 2)
      if let loss = signs.loss(patience: Self.patienceAfterError, countingThoseThatLeft: counts) { return loss }
      if time > .seconds(2 * Self.patienceAfterError) { return nil }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  private static func watch(_ signs: SignsOfLife, _ onLoss: (ProcessLoss) -> Void) {
    var last = ContinuousClock.now
    while signs.isRunning {
      Thread.sleep(forTimeInterval: 0.1)
      let now = ContinuousClock.now
      signs.age(by: now - last)
      last = now
      guard let loss = signs.loss(patience: patience), signs.isRunning, signs.beginsToExplain() else { continue }
      signs.end(.failed, problem: loss.problem, lost: loss.rank, within: 4)
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
public struct ProcessLoss: Error, Equatable, Sendable, CustomStringConvertible {
  public let rank: Int
  public let count: Int
  /// What the process called itself.
  public let name: String
  /// What it said before it ended, if it could.
  public let problem: String?

  public var description: String {
    let what = problem.map { "failed: \($0.hasSuffix(".") ? $0.dropLast() : $0[...])" } ?? "ended or stopped answering"
    return "Process \(rank) of \(count) (\(name)) \(what)"
  }
}
