import Concurrency
import Foundation
import Testing

@Suite("Work on many threads") struct ConcurrentMapTests {
  @Test("Results are in the order of the inputs", arguments: [1, 2, 7]) func order(_ threads: Int) {
    var last = 0
    let results = concurrentMap(Array(0..<500), threads: threads, progress: { last = $0 }) { input in
      usleep(UInt32(input * 7919 % 100))
      return input * 2
    }
    #expect(results == (0..<500).map { $0 * 2 })
    #expect(last == 500)
  }

  @Test("Work that has begun is ended, and no more is begun after a stop") func stop() {
    let results = concurrentMap(Array(0..<10_000), threads: 2, shouldStop: { true }) { input in
      usleep(1000)
      return input
    }
    let done = results.compactMap { $0 }
    #expect(!done.isEmpty && done.count < 10_000)
    #expect(done == Array(0..<done.count))
  }

  @Test("Nothing to do is done at once") func nothing() {
    #expect(concurrentMap([Int]()) { $0 }.isEmpty)
  }

  @Test("The calling thread does the work where no other can be started") func alone() {
    var counts: [Int] = []
    let results = concurrentMap(
      Array(0..<5), threads: 3, starting: { _, _ in false }, progress: { counts.append($0) }
    ) { _ in threadNumber() }
    #expect(results == [UInt](repeating: threadNumber(), count: 5))
    #expect(counts == [1, 2, 3, 4, 5])
  }

  @Test("Fewer threads than asked for do all the work") func fewer() {
    let starts = Starts(allowed: 2)
    let results = concurrentMap(Array(0..<100), threads: 7, starting: starts.start) { $0 + 1 }
    #expect(results == (1...100).map { $0 })
    #expect(starts.asked == 3)
  }

  @Test("A stop is heard where no thread can be started") func stopAlone() {
    let results = concurrentMap(Array(0..<10), threads: 1, starting: { _, _ in false }, shouldStop: { true }) { $0 }
    #expect(results == [0] + [Int?](repeating: nil, count: 9))
  }
}
