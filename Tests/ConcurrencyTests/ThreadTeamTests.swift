import Concurrency
import Foundation
import Testing

@Suite("A team of threads", .timeLimit(.minutes(1))) struct ThreadTeamTests {
  /// How often each place below `count` was worked on.
  private func visits(_ team: ThreadTeam, _ count: Int) -> [Int] {
    var visits = [Int](repeating: 0, count: count)
    visits.withUnsafeMutableBufferPointer { visits in
      team(count) { range in
        for place in range { visits[place] += 1 }
      }
    }
    return visits
  }

  @Test("Covers every place once, again and again", arguments: [1, 2, 3, 8, 500], [1, 2, 7, 1000])
  func coverage(_ size: Int, _ count: Int) {
    let team = ThreadTeam(size: size, processors: 4)
    for _ in 0..<20 { #expect(visits(team, count) == [Int](repeating: 1, count: count)) }
  }

  @Test("Works alone where no thread can be started") func alone() {
    let team = ThreadTeam(size: 4, processors: 4, starting: { _, _ in false })
    #expect(visits(team, 10) == [Int](repeating: 1, count: 10))
  }

  @Test("Has no more threads than there are processors") func processors() {
    let starts = Starts(allowed: 100)
    let team = ThreadTeam(size: 1024, processors: 3, starting: starts.start)
    #expect(starts.asked == 2)
    #expect(visits(team, 5000) == [Int](repeating: 1, count: 5000))
  }

  @Test("Is more than one thread at work at a time") func together() {
    let team = ThreadTeam(size: 2, processors: 2)
    let (first, second) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    var isMet = [false, false]
    isMet.withUnsafeMutableBufferPointer { isMet in
      // Each waits for the other, which one thread alone cannot do.
      team(2) { range in
        let isFirst = range.lowerBound == 0
        (isFirst ? first : second).signal()
        isMet[range.lowerBound] = (isFirst ? second : first).wait(timeout: .now() + 30) == .success
      }
    }
    #expect(isMet == [true, true])
  }

  @Test("Its threads end with it") func end() {
    let ended = DispatchSemaphore(value: 0)
    do {
      let team = ThreadTeam(
        size: 3, processors: 3,
        starting: { name, body in
          startThread(named: name) {
            body()
            ended.signal()
          }
        })
      #expect(visits(team, 10) == [Int](repeating: 1, count: 10))
    }
    for _ in 0..<2 { #expect(ended.wait(timeout: .now() + 30) == .success) }
  }
}
