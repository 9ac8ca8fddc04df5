import Concurrency
import Foundation

/// Starts threads until so many are there, as a system with a limit does.
final class Starts {
  private(set) var asked = 0
  private let allowed: Int

  init(allowed: Int) { self.allowed = allowed }

  func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    asked += 1
    return asked <= allowed && startThread(named: name, body)
  }
}

/// A number that the calling thread has alone.
func threadNumber() -> UInt {
  #if canImport(Darwin)
    UInt(bitPattern: pthread_self())
  #else
    pthread_self()
  #endif
}
