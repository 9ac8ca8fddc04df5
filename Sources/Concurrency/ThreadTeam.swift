import Foundation

/// Splits `0..<count` into at most `parts` ranges of nearly equal length, in order.
package func ranges(of count: Int, parts: Int) -> [Range<Int>] {
  let parts = max(1, min(parts, count))
  return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
}

/// Threads that split one task after another between them; the calling thread takes part.
///
/// To be used from one thread. The team's threads end with it.
package final class ThreadTeam {
  /// Number of parts that work is split into.
  package let size: Int
  private let shared = SharedWork()
  private let hasThreads: Bool

  /// Work is split into `size` parts, done by as many threads unless there are fewer processors, or fewer threads can
  /// be started.
  package init(
    size: Int, processors: Int = ProcessInfo.processInfo.activeProcessorCount, starting start: ThreadStart = startThread
  ) {
    precondition(size > 0, "a team has its caller")
    self.size = size
    let started = (0..<min(size, processors) - 1).prefix { [shared] _ in start("team") { shared.run() } }
    hasThreads = !started.isEmpty
  }

  deinit { shared.end() }

  /// Calls `body` with ranges that cover `0..<count`, several at a time, and returns when all are done.
  ///
  /// `body` must write only to elements of its range.
  package func callAsFunction(_ count: Int, _ body: (Range<Int>) -> Void) {
    let parts = ranges(of: count, parts: size)
    guard hasThreads, parts.count > 1 else { return parts.forEach(body) }
    withoutActuallyEscaping(body) { body in
      shared.perform(parts.count) { body(parts[$0]) }
    }
  }
}

/// The shared state of a team's threads; every variable but `work` is accessed under the lock only.
private final class SharedWork: @unchecked Sendable {
  private let condition = NSCondition()
  /// Not changed while parts of it are unfinished.
  private var work: ((Int) -> Void)?
  private var next = 0
  private var count = 0
  private var unfinished = 0
  private var isEnded = false

  /// Calls `work` with each number below `count`; returns when all calls have.
  func perform(_ count: Int, _ work: @escaping (Int) -> Void) {
    condition.withLock {
      self.work = work
      (next, self.count, unfinished) = (0, count, count)
      condition.broadcast()
    }
    while let part = take() { finish(part) }
    condition.withLock {
      while unfinished > 0 { condition.wait() }
      self.work = nil
    }
  }

  /// Works until the team ends.
  func run() {
    while let part = waitForPart() { finish(part) }
  }

  func end() {
    condition.withLock {
      isEnded = true
      condition.broadcast()
    }
  }

  private func waitForPart() -> Int? {
    condition.withLock {
      while !isEnded && next >= count { condition.wait() }
      return isEnded ? nil : takeLocked()
    }
  }

  private func take() -> Int? { condition.withLock { takeLocked() } }

  private func takeLocked() -> Int? {
    guard next < count else { return nil }
    next += 1
    return next - 1
  }

  private func finish(_ part: Int) {
    call(part)
    condition.withLock {
      unfinished -= 1
      if unfinished == 0 { condition.broadcast() }
    }
  }

  /// A separate function, so that no thread retains `work` once the part counts as finished.
  @inline(never)
  private func call(_ part: Int) { work?(part) }
}
