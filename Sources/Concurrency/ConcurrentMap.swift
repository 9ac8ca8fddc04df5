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
