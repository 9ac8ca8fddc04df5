import Foundation

/// The state that a process publishes.
struct ProcessStatus: Codable, Equatable {
  enum State: String, Codable {
    case running
    /// About to end, because of a problem of its own or of `lost`.
    case failed
    /// Finished with the common work.
    case left
  }

  /// Incremented with every heartbeat.
  var beat = 0
  var state = State.running
  /// Its name in messages.
  let name: String
  var problem: String?
  /// The process that was lost, where that is the problem.
  var lost: Int?
}

/// The last state of each process, and how long ago it changed. Everything is accessed under the lock only.
final class Heartbeats: @unchecked Sendable {
  private struct Peer {
    var status: ProcessStatus?
    /// Since the last heartbeat, counted while this process itself was running.
    var silence = Duration.zero
  }

  private let launch: LaunchEnvironment
  private let condition = NSCondition()
  private var own: ProcessStatus
  private var peers: [Peer]
  private var published: ProcessStatus.State?
  private var storeFailures = 0
  private var hasEnded = false
  private var isExplained = false

  init(_ launch: LaunchEnvironment, name: String) {
    self.launch = launch
    own = ProcessStatus(name: name)
    peers = Array(repeating: Peer(), count: launch.count)
  }

  /// Sends heartbeats until this process leaves; process 0 then waits for some time until the others have left too,
  /// since the store ends with it.
  func exchange(at store: RendezvousStore) {
    var farewell: ContinuousClock.Instant?
    while true {
      do {
        try exchangeOnce(store)
        condition.withLock { storeFailures = 0 }
      } catch {
        condition.withLock { storeFailures += 1 }
      }
      condition.lock()
      if let published, published != .running {
        let end = farewell ?? .now + .seconds(published == .left ? 10 : 3)
        farewell = end
        let isServing = launch.isFirst && !launch.launcherServes
        let isNeeded = isServing && peers.contains { $0.status?.state == .running }
        if !isNeeded || ContinuousClock.now > end { break }
      }
      if own.state != .running, storeFailures > 1 { break }
      let isQuick = own.state != .running || peers.indices.contains { $0 != launch.rank && peers[$0].status == nil }
      if own.state == published || published == nil {
        _ = condition.wait(until: Date(timeIntervalSinceNow: isQuick ? 0.1 : 0.5))
      }
      condition.unlock()
    }
    hasEnded = true
    condition.broadcast()
    condition.unlock()
  }

  private func exchangeOnce(_ store: RendezvousStore) throws {
    let said = condition.withLock {
      own.beat += 1
      return own
    }
    try store.set("status/\(launch.rank)", String(decoding: JSONEncoder().encode(said), as: UTF8.self))
    condition.withLock { published = said.state }
    for rank in 0..<launch.count where rank != launch.rank {
      guard let text = try store.text("status/\(rank)"),
        let status = try? JSONDecoder().decode(ProcessStatus.self, from: Data(text.utf8))
      else { continue }
      condition.withLock {
        if status != peers[rank].status { peers[rank] = Peer(status: status) }
      }
    }
  }

  /// Adds to the silence of the others, at most a second at a time: a process that was suspended has only missed their
  /// heartbeats.
  func age(by time: Duration) {
    condition.withLock {
      for rank in peers.indices where peers[rank].status != nil { peers[rank].silence += min(time, .seconds(1)) }
    }
  }

  /// Publishes that this process is about to end, and waits up to `seconds` for the end of the exchange.
  func end(_ state: ProcessStatus.State, problem: String? = nil, lost: Int? = nil, within seconds: Double) {
    condition.withLock {
      if own.state == .running {
        (own.state, own.problem, own.lost) = (state, problem, lost)
        condition.broadcast()
      }
      let limit = Date(timeIntervalSinceNow: seconds)
      while !hasEnded, condition.wait(until: limit) {}
    }
  }

  var isRunning: Bool { condition.withLock { own.state == .running } }

  /// Whether the end of this process has not been explained yet; true for the first caller only.
  func beginsToExplain() -> Bool {
    condition.withLock {
      defer { isExplained = true }
      return !isExplained
    }
  }

  /// The processes without a heartbeat so far.
  var missing: [Int] { condition.withLock { peers.indices.filter { $0 != launch.rank && peers[$0].status == nil } } }

  /// Another process that reported a problem, or has been silent for `timeout` seconds; also one that left, where it
  /// should not have.
  func loss(timeout: Double, countingThoseThatLeft: Bool = false) -> ProcessLoss? {
    condition.withLock {
      let others = peers.indices.filter { $0 != launch.rank }
      let failed = others.filter { peers[$0].status?.state == .failed }
      if let rank = failed.first(where: { peers[$0].status?.lost == nil }) {
        return loss(rank, peers[rank].status?.problem)
      }
      if let rank = failed.first, let status = peers[rank].status, let lost = status.lost {
        return lost == launch.rank ? loss(rank, "it took process \(lost) for lost") : loss(lost, status.problem)
      }
      if storeFailures > 1, !launch.launcherServes, !launch.isFirst, peers[0].status?.state != .left {
        return loss(0, nil)
      }
      let silent = others.filter { peers[$0].status?.state == .running && peers[$0].silence > .seconds(timeout) }
      if let rank = silent.max(by: { peers[$0].silence < peers[$1].silence }) { return loss(rank, nil) }
      return countingThoseThatLeft ? others.first { peers[$0].status?.state == .left }.map { loss($0, nil) } : nil
    }
  }

  private func loss(_ rank: Int, _ problem: String?) -> ProcessLoss {
    let name = peers[rank].status?.name ?? "at \(launch.address)"
    return ProcessLoss(rank: rank, count: launch.count, name: name, problem: problem)
  }
}
