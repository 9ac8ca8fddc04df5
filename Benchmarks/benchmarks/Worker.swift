import Foundation

/// A process that has prepared a task: says that it is ready, and then for every line on standard input does the task once
/// and tells how long that took, as JSON, until standard input ends.
struct Worker {
  private let body: () throws -> Double

  /// `prepare` returns what does the task once and tells the seconds that count.
  init(_ prepare: () throws -> () throws -> Double) rethrows { body = try prepare() }

  func serve() throws {
    print(#"{"ready": true}"#)
    fflush(nil)
    while readLine() != nil {
      let seconds = try body()
      print(#"{"seconds": \#(seconds), "peak_memory": \#(Self.peakMemory())}"#)
      fflush(nil)
    }
  }

  /// The most memory that this process has held, in bytes.
  private static func peakMemory() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return 1024 * (line.flatMap { Int($0.split(whereSeparator: \.isWhitespace)[1]) } ?? 0)
  }
}

/// Seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start) / .seconds(1)
}
