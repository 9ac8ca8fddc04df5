import Foundation
import Synchronization

private let requested = Atomic<Bool>(false)

/// Ctrl-C and SIGTERM, turned into a question that a run asks between steps; a second Ctrl-C ends at once.
enum Interruption {
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func listen() {
    // A handler may not be the first to touch a global.
    _ = isRequested
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        requested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
        let notice: StaticString = "\nblpseg: saving after this step; once more to end at once\n"
        _ = write(STDERR_FILENO, notice.utf8Start, notice.utf8CodeUnitCount)
      }
    }
  }
}
