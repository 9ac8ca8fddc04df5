import Concurrency
import Foundation
import Testing

@Suite("Ordered prefetch", .timeLimit(.minutes(1))) struct OrderedPrefetchTests {
  private struct Fault: Error, Equatable { let place: Int }

  /// Counts that threads share.
  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var (now, most, all) = (0, 0, 0)
    var value: Int { lock.withLock { now } }
    var maximum: Int { lock.withLock { most } }
    var total: Int { lock.withLock { all } }
    func add(_ change: Int) {
      lock.withLock {
        now += change
        most = max(most, now)
        if change > 0 { all += change }
      }
    }
  }

  @Test("Results come in the order of the inputs", arguments: [1, 2, 7], [1, 3, 100])
  func order(_ threads: Int, _ ahead: Int) throws {
    let prefetch = OrderedPrefetch(0..<50, threads: threads, ahead: ahead) { number in
      usleep(UInt32(number * 37 % 5) * 200)
      return number * number
    }
    var found: [Int] = []
    while let result = try prefetch.next() { found.append(result) }
    #expect(found == (0..<50).map { $0 * $0 })
    #expect(try prefetch.next() == nil)
  }

  @Test("Nothing in, nothing out") func empty() throws {
    #expect(try OrderedPrefetch([Int](), threads: 2, ahead: 2) { $0 }.next() == nil)
  }

  @Test("No more results than allowed are under way or waiting") func bound() throws {
    let counter = Counter()
    let prefetch = OrderedPrefetch(0..<40, threads: 8, ahead: 3) { number in
      counter.add(1)
      return number
    }
    for taken in 0..<40 {
      usleep(500)
      #expect(counter.value <= taken + 3)
      #expect(try prefetch.next() == taken)
    }
  }

  @Test("An error comes in its place and ends the sequence", arguments: [1, 4]) func error(_ threads: Int) throws {
    let prefetch = OrderedPrefetch(0..<20, threads: threads, ahead: 6) { number in
      if number == 3 || number == 5 { throw Fault(place: number) }
      if number < 3 { usleep(2_000) }
      return number
    }
    for expected in 0..<3 { #expect(try prefetch.next() == expected) }
    #expect(throws: Fault(place: 3)) { try prefetch.next() }
    #expect(try prefetch.next() == nil)
  }

  @Test("Dropping an endless prefetch ends its threads") func dropped() throws {
    weak var probe: Counter?
    do {
      let counter = Counter()
      probe = counter
      let prefetch = OrderedPrefetch(0..., threads: 3, ahead: 4) { number in
        counter.add(1)
        return number
      }
      #expect(try prefetch.next() == 0)
    }
    // Threads hold the function, and it holds the counter, until they end.
    let end = Date(timeIntervalSinceNow: 10)
    while probe != nil && Date() < end { usleep(1_000) }
    #expect(probe == nil)
  }

  @Test("Where no thread can be started, results are computed when they are asked for") func alone() throws {
    let counter = Counter()
    let prefetch = OrderedPrefetch(0..., threads: 3, ahead: 4, starting: { _, _ in false }) { number in
      counter.add(1)
      if number == 3 { throw Fault(place: number) }
      return number
    }
    for expected in 0..<3 {
      #expect(try prefetch.next() == expected)
      #expect(counter.total == expected + 1)
    }
    #expect(throws: Fault(place: 3)) { try prefetch.next() }
    #expect(try prefetch.next() == nil)
    #expect(counter.total == 4)
  }

  @Test("Where no thread can be started, the end comes after the last input") func aloneToTheEnd() throws {
    let prefetch = OrderedPrefetch(0..<2, threads: 1, ahead: 1, starting: { _, _ in false }) { $0 }
    #expect(try [prefetch.next(), prefetch.next(), prefetch.next()] == [0, 1, nil])
  }

  @Test("Fewer threads than asked for hand out everything in order") func fewer() throws {
    let starts = Starts(allowed: 1)
    let prefetch = OrderedPrefetch(0..<20, threads: 4, ahead: 3, starting: starts.start) { $0 }
    var found: [Int] = []
    while let result = try prefetch.next() { found.append(result) }
    #expect(found == Array(0..<20))
    #expect(starts.asked == 2)
  }
}
