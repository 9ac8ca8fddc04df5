import Foundation
import Synchronization

private let requested = Atomic<Bool>(false)

/// Ctrl-C and SIGTERM, turned into a question that a run asks between steps; a second Ctrl-C ends at once.
enum Interruption {
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func listen() {
    // A handler may not be the first to touch a global.
    _ = isRequested
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        requested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
        let notice: StaticString = "\nblpseg: stopping and saving; once more to end at once\n"
        _ = write(STDERR_FILENO, notice.utf8Start, notice.utf8CodeUnitCount)
      }
      sigaddset(&signals, number)
    }
    // Whoever started this program from a thread that blocks signals has handed that on.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}
