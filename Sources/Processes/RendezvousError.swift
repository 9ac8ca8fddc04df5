import Foundation

/// Why processes that should train together did not find each other.
public struct RendezvousError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One sentence: what was waited for, what was found, and the way out.
  public let description: String
}

/// How long a process waits for the others to be started.
struct StartTimeout {
  let seconds: Double
  private let end: ContinuousClock.Instant

  init(_ seconds: Double) {
    self.seconds = seconds
    end = .now + .seconds(seconds)
  }

  /// Asks `attempt` until it has an answer. Throws what `failure` returns when time is up, and where `isCancelled`
  /// answers yes.
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
