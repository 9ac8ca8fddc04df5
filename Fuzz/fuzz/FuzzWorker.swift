import ArgumentParser
import Foundation
import Fuzzing

/// The process in which a reader runs.
enum FuzzWorker {
  /// A file of at most 64 kB that takes more memory than this is a fault.
  private static let largestMemory: rlim_t = 4 << 30

  /// Runs for `seconds`, or until a fault, which it prints before it ends with 1. A line a second says how far it is.
  static func run(_ target: FuzzTarget, in folder: String, seconds: Double, seed: UInt64) throws {
    var limit = rlimit(rlim_cur: largestMemory, rlim_max: largestMemory)
    setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
    let start = ContinuousClock.now
    var lastReport = start
    do {
      let count = try FuzzLoop(target, in: folder).run(seed: seed) { count in
        let now = ContinuousClock.now
        if now - lastReport > .seconds(1) {
          lastReport = now
          print(count)
          fflush(nil)
        }
        return now - start > .seconds(seconds)
      }
      print(count)
    } catch {
      print(error)
      throw ExitCode.failure
    }
  }
}
