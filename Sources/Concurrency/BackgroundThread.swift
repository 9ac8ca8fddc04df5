import Foundation

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
