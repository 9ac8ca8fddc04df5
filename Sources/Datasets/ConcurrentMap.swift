import Foundation

/// What `work` returns for each input, in the order of the inputs, computed on `threads` threads.
///
/// The calling thread waits, calls `progress` with the number of results from time to time and after the last, and
/// asks `shouldStop`: then work that has begun is ended, and what was not begun is nil.
package func concurrentMap<Input: Sendable, Output: Sendable>(
  _ inputs: [Input], threads: Int = ProcessInfo.processInfo.activeProcessorCount,
  progress: (_ done: Int) -> Void = { _ in }, shouldStop: () -> Bool = { false },
  _ work: @escaping @Sendable (Input) -> Output
) -> [Output?] {
  precondition(threads > 0, "somebody has to work")
  let queue = WorkQueue(inputs, threads: threads, work)
  for _ in 0..<threads {
    let thread = Thread { queue.run() }
    thread.name = "work"
    thread.start()
  }
  var reported = 0
  while true {
    let (done, isFinished) = queue.wait()
    if done > reported { progress(done) }
    reported = done
    if isFinished { return queue.outputs }
    if shouldStop() { queue.stop() }
  }
}

/// What the threads share; every variable is touched under the lock only.
private final class WorkQueue<Input: Sendable, Output: Sendable>: @unchecked Sendable {
  private static var patience: TimeInterval { 0.1 }

  private let inputs: [Input]
  private let work: @Sendable (Input) -> Output
  private let condition = NSCondition()
  private var results: [Output?]
  private var taken = 0
  private var done = 0
  private var working: Int

  init(_ inputs: [Input], threads: Int, _ work: @escaping @Sendable (Input) -> Output) {
    self.inputs = inputs
    self.work = work
    results = Array(repeating: nil, count: inputs.count)
    working = threads
  }

  func run() {
    while let index = next() {
      #if canImport(ObjectiveC)
        let result = autoreleasepool { work(inputs[index]) }
      #else
        let result = work(inputs[index])
      #endif
      condition.withLock {
        results[index] = result
        done += 1
      }
    }
    condition.withLock {
      working -= 1
      condition.broadcast()
    }
  }

  /// Waits a moment, or less if everything is finished, and returns how far the work is.
  func wait() -> (done: Int, isFinished: Bool) {
    condition.withLock {
      if working > 0 { _ = condition.wait(until: Date(timeIntervalSinceNow: Self.patience)) }
      return (done, working == 0)
    }
  }

  func stop() { condition.withLock { taken = inputs.count } }

  var outputs: [Output?] { condition.withLock { results } }

  private func next() -> Int? {
    condition.withLock {
      guard taken < inputs.count else { return nil }
      taken += 1
      return taken - 1
    }
  }
}
