import Foundation
import Synchronization

private let requested = Atomic<Bool>(false)
private let handlesHangup = Atomic<Bool>(false)

/// Ctrl-C, SIGTERM and SIGHUP (the terminal was closed) as a flag that a run checks between steps; the second signal
/// ends the program at once.
enum Interruption {
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func listen() {
    // A handler must not be the first to access a global.
    _ = isRequested
    // Under nohup the program is to outlive the terminal.
    let handlesHangup = !isIgnored(signal(SIGHUP, SIG_IGN))
    blpseg.handlesHangup.store(handlesHangup, ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] + (handlesHangup ? [SIGHUP] : []) {
      signal(number) { _ in Interruption.handle() }
      sigaddset(&signals, number)
    }
    // A parent thread that blocks signals passes its mask on to this program.
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
