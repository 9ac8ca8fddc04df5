import Foundation

/// Splits `0..<count` into at most `parts` ranges of nearly equal length, in order.
func ranges(of count: Int, parts: Int) -> [Range<Int>] {
  let parts = max(1, min(parts, count))
  return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
}

/// Calls `body` with ranges that cover `0..<count`, up to `threads` at a time, and returns when all are done.
///
/// `body` must write only to places that belong to its range.
func inParallel(_ count: Int, threads: Int, _ body: (Range<Int>) -> Void) {
  let parts = ranges(of: count, parts: threads)
  if parts.count == 1 { return body(parts[0]) }
  withoutActuallyEscaping(body) { body in
    // Buffers cannot be sent, but ranges do not overlap.
    nonisolated(unsafe) let body = body
    DispatchQueue.concurrentPerform(iterations: parts.count) { body(parts[$0]) }
  }
}
