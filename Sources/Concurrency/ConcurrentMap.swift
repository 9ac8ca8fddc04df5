import Foundation

/// The results of `work` for each input, in the order of the inputs, computed on up to `threads` threads.
///
/// The calling thread waits, calls `progress` with the number of results from time to time and after the last, and asks
/// `shouldStop`: work that has begun is then completed, and results not begun are nil. Where no thread can be started
/// the calling thread does the work.
package func concurrentMap<Input: Sendable, Output: Sendable>(
  _ inputs: [Input], threads: Int = ProcessInfo.processInfo.activeProcessorCount,
  starting start: ThreadStart = startThread,
  progress: (_ done: Int) -> Void = { _ in }, shouldStop: () -> Bool = { false },
  _ work: @escaping @Sendable (Input) -> Output
) -> [Output?] {
  precondition(threads > 0, "threads must be positive")
  let queue = WorkQueue(inputs, work)
  var isAlone = true
  for _ in 0..<threads {
    queue.join()
    guard start("work", { queue.run() }) else {
      queue.leave()
      break
    }
    isAlone = false
  }
  var reported = 0
  while true {
    let (done, isFinished) = isAlone ? queue.workOnce() : queue.wait()
    if done > reported { progress(done) }
    reported = done
    if isFinished { return queue.outputs }
    if shouldStop() { queue.stop() }
  }
}

/// The shared state of the threads; every variable is accessed under the lock only.
private final class WorkQueue<Input: Sendable, Output: Sendable>: @unchecked Sendable {
  private static var patience: TimeInterval { 0.1 }

  private let inputs: [Input]
  private let work: @Sendable (Input) -> Output
  private let condition = NSCondition()
  private var results: [Output?]
  private var taken = 0
  private var done = 0
  /// Number of working threads.
  private var working = 0

  init(_ inputs: [Input], _ work: @escaping @Sendable (Input) -> Output) {
    self.inputs = inputs
    self.work = work
    results = Array(repeating: nil, count: inputs.count)
  }

  func join() { condition.withLock { working += 1 } }

  func leave() {
    condition.withLock {
      working -= 1
      condition.broadcast()
    }
  }

  /// Works until no input is left.
  func run() {
    while takeOne() {}
    leave()
  }

  /// Computes one result on the calling thread, and returns the progress.
  func workOnce() -> (done: Int, isFinished: Bool) {
    let hasWorked = takeOne()
    return condition.withLock { (done, !hasWorked) }
  }

  /// Waits briefly, or less if everything is finished, and returns the progress.
  func wait() -> (done: Int, isFinished: Bool) {
    condition.withLock {
      if working > 0 { _ = condition.wait(until: Date(timeIntervalSinceNow: Self.patience)) }
      return (done, working == 0)
    }
  }

  func stop() { condition.withLock { taken = inputs.count } }

  var outputs: [Output?] { condition.withLock { results } }

  /// Computes one result; returns false where no input is left.
  private func takeOne() -> Bool {
    guard let index = next() else { return false }
    let result = withOwnPool { work(inputs[index]) }
    condition.withLock {
      results[index] = result
      done += 1
    }
    return true
  }

  private func next() -> Int? {
    condition.withLock {
      guard taken < inputs.count else { return nil }
      taken += 1
      return taken - 1
    }
  }
}

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
