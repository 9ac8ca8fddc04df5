import Foundation
import Synchronization

private let requested = Atomic<Bool>(false)
private let handlesHangup = Atomic<Bool>(false)

/// Ctrl-C, SIGTERM and SIGHUP, which a terminal sends that goes away, turned into a question that a run asks between
/// steps; the second of them ends at once.
enum Interruption {
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func listen() {
    // A handler may not be the first to touch a global.
    _ = isRequested
    // Whoever started the program with nohup wants it to outlive the terminal.
    let handlesHangup = !isIgnored(signal(SIGHUP, SIG_IGN))
    blpseg.handlesHangup.store(handlesHangup, ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] + (handlesHangup ? [SIGHUP] : []) {
      signal(number) { _ in Interruption.handle() }
      sigaddset(&signals, number)
    }
    // Whoever started this program from a thread that blocks signals has handed that on.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Runs inside a signal handler: nothing here may wait or allocate.
  private static func handle() {
    let code = errno
    requested.store(true, ordering: .relaxed)
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
    if blpseg.handlesHangup.load(ordering: .relaxed) { signal(SIGHUP, SIG_DFL) }
    let notice: StaticString = "\nblpseg: stopping and saving; once more to end at once\n"
    _ = write(STDERR_FILENO, notice.utf8Start, notice.utf8CodeUnitCount)
    errno = code
  }

  private static func isIgnored(_ handler: sig_t?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
