import Foundation

/// Results of a slow function over a sequence, computed ahead on background threads and returned in order.
///
/// Where no thread can be started, `next` computes each result itself. No more than `ahead` results are waiting or
/// being computed at any time. An error is thrown in order, after the results before it, and ends the sequence; a
/// function that returns a `Result` can go on after errors. Threads end when the last reference is dropped, each after
/// its current element.
package final class OrderedPrefetch<Input: Sendable, Output: Sendable>: Sendable {
  private let queue: PrefetchQueue<Input, Output>
  private let hasThreads: Bool

  /// Starts up to `threads` threads, which take inputs in order; the sequence may be infinite.
  package convenience init<Inputs: Sequence & Sendable>(
    _ inputs: Inputs, threads: Int, ahead: Int, _ work: @escaping @Sendable (Input) throws -> Output
  ) where Inputs.Element == Input {
    self.init(inputs, threads: threads, ahead: ahead, starting: startThread, work)
  }

  package init<Inputs: Sequence & Sendable>(
    _ inputs: Inputs, threads: Int, ahead: Int, starting start: ThreadStart,
    _ work: @escaping @Sendable (Input) throws -> Output
  ) where Inputs.Element == Input {
    precondition(threads > 0 && ahead > 0, "a prefetch needs a thread and room for a result")
    let queue = PrefetchQueue<Input, Output>(inputs, ahead: ahead, work)
    self.queue = queue
    // Threads keep the queue alive, not this object, whose deinitialisation stops them.
    let started = (0..<threads).prefix { _ in start("prefetch") { queue.run() } }
    hasThreads = !started.isEmpty
  }

  deinit { queue.stop() }

  /// The next result, waiting for it if need be; nil after the last.
  package func next() throws -> Output? {
    if !hasThreads { queue.workOnce() }
    return try queue.next()
  }
}

/// The shared state of the consumer and the threads; every property below `condition` is accessed under its lock only.
private final class PrefetchQueue<Input: Sendable, Output: Sendable>: @unchecked Sendable {
  private let work: @Sendable (Input) throws -> Output
  private let ahead: Int
  private let condition = NSCondition()
  private var inputs: AnyIterator<Input>
  private var results: [Int: Result<Output, any Error>] = [:]
  /// Number of inputs taken so far.
  private var taken = 0
  /// Number of results returned so far.
  private var delivered = 0
  /// No further input is to be taken.
  private var isExhausted = false
  /// No further result is to be returned.
  private var isStopped = false

  init<Inputs: Sequence>(_ inputs: Inputs, ahead: Int, _ work: @escaping @Sendable (Input) throws -> Output)
  where Inputs.Element == Input {
    self.inputs = AnyIterator(inputs.makeIterator())
    self.ahead = ahead
    self.work = work
  }

  func run() {
    while workOnce() {}
  }

  /// Computes one result; returns false where no further one is wanted.
  @discardableResult
  func workOnce() -> Bool {
    guard let (index, input) = take() else { return false }
    put(index, withOwnPool { Result { try work(input) } })
    return true
  }

  func next() throws -> Output? {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped {
      if let result = results.removeValue(forKey: delivered) {
        delivered += 1
        if case .failure = result { end() }
        condition.broadcast()
        return try result.get()
      }
      if isExhausted && delivered == taken { return nil }
      condition.wait()
    }
    return nil
  }

  func stop() {
    condition.lock()
    end()
    condition.broadcast()
    condition.unlock()
  }

  private func end() {
    (isStopped, isExhausted) = (true, true)
    results = [:]
  }

  private func take() -> (Int, Input)? {
    condition.lock()
    defer { condition.unlock() }
    while !isExhausted && taken - delivered >= ahead { condition.wait() }
    guard !isExhausted, let input = inputs.next() else {
      isExhausted = true
      condition.broadcast()
      return nil
    }
    taken += 1
    return (taken - 1, input)
  }

  private func put(_ index: Int, _ result: Result<Output, any Error>) {
    condition.lock()
    if !isStopped { results[index] = result }
    // Results that follow an error are never returned.
    if case .failure = result { isExhausted = true }
    condition.broadcast()
    condition.unlock()
  }
}

/// Starts a thread and returns whether it could: a system may allow no further threads.
package typealias ThreadStart = (_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool

/// Starts a thread that ends with `body`; returns false where the system allows no further one.
///
/// All threads are started here: Foundation's `Thread` does not report a failure, and a caller that waits for its work
/// would wait for ever.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
  var attributes = pthread_attr_t()
  guard pthread_attr_init(&attributes) == 0 else { return false }
  defer { pthread_attr_destroy(&attributes) }
  guard pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED)) == 0 else { return false }
  let thread = Unmanaged.passRetained(ThreadBody(name, body))
  #if canImport(Darwin)
    var identifier: pthread_t?
    let code = pthread_create(&identifier, &attributes, { run($0) }, thread.toOpaque())
  #else
    var identifier = pthread_t()
    let code = pthread_create(&identifier, &attributes, { $0.flatMap(run) }, thread.toOpaque())
  #endif
  if code != 0 { thread.release() }
  return code == 0
}

private final class ThreadBody: Sendable {
  private let name: String
  private let body: @Sendable () -> Void

  init(_ name: String, _ body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }

  func run() {
    Thread.current.name = name
    body()
  }
}

private func run(_ thread: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
  Unmanaged<ThreadBody>.fromOpaque(thread).takeRetainedValue().run()
  return nil
}

/// Calls `body`, on Apple's systems in an autorelease pool of its own.
func withOwnPool<Result>(_ body: () -> Result) -> Result {
  #if canImport(ObjectiveC)
    autoreleasepool(invoking: body)
  #else
    body()
  #endif
}
