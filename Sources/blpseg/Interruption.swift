import Foundation
import Synchronization

private let requested = Atomic<Bool>(false)

/// Ctrl-C and SIGTERM, turned into a question that a run asks between steps; a second Ctrl-C ends at once.
enum Interruption {
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func listen() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        requested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }
}
