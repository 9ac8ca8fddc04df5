import Foundation
import Tensors

/// Notices when one of the processes that train together is lost, and knows which.
///
/// Every process counts up a number at the meeting point twice a second, and looks whether the others' numbers move.
public final class ProcessWatch: Sendable {
  /// After so many seconds without a sign of life a process counts as lost.
  private static let patience = 20.0
  /// The same while somebody looks for the cause of an error that has happened.
  private static let patienceAfterError = 4.0

  private let place: ProcessPlace
  private let names: [String]
  private let meeting: MeetingPoint
  private let signs: SignsOfLife

  /// Starts watching; `onLoss` is called once, on a thread of its own, when a process has been silent for 20 seconds.
  ///
  /// To be made by all processes, each after its `ProcessGroup`. `name` tells a person which process this is.
  public init(
    _ place: ProcessPlace, name: String, onLoss: @escaping @Sendable (ProcessLoss) -> Void
  ) throws(TorchError) {
    self.place = place
    // A connection of its own: the group's may be waiting for a key.
    meeting = try MeetingPoint(place, opening: false, timeout: Self.patience)
    try meeting.set("name/\(place.rank)", name)
    var names: [String] = []
    for rank in 0..<place.count { names.append(try meeting.text("name/\(rank)")) }
    self.names = names
    signs = SignsOfLife(place.count)
    let (signs, meeting, known) = (signs, meeting, names)
    Self.often("signs of life", while: signs) { try? signs.exchange(place, meeting) }
    Self.often("watch", while: signs) {
      if let loss = Self.loss(signs, known, place, patience: Self.patience) {
        signs.stop()
        onLoss(loss)
      }
    }
  }

  deinit { stop() }

  /// Ends the watch; other processes may end from now on.
  public func stop() { signs.stop() }

  /// Runs `body`. An error that another process has caused becomes the `ProcessLoss` that names it; of others the other
  /// processes are told.
  public func explaining<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as TorchError {
      if let loss = cause() { throw loss }
      tell("\(error)")
      throw error
    } catch {
      tell("\(error)")
      throw error
    }
  }

  /// Tells the others why this process is about to end.
  public func tell(_ problem: String) {
    signs.announce(problem)
    // The next exchange takes it to the meeting point, and those of the others fetch it, before process 0 closes that.
    Thread.sleep(forTimeInterval: 3)
  }

  /// What a broken connection comes from: which other process failed or went silent, or nil where all are well.
  public func cause() -> ProcessLoss? {
    let end = Date(timeIntervalSinceNow: 2 * Self.patienceAfterError)
    while Date.now < end {
      if let loss = Self.loss(signs, names, place, patience: Self.patienceAfterError) { return loss }
      Thread.sleep(forTimeInterval: 0.2)
    }
    return nil
  }

  private static func loss(
    _ signs: SignsOfLife, _ names: [String], _ place: ProcessPlace, patience: Double
  ) -> ProcessLoss? {
    signs.lost(other: place.rank, patience: patience).map { rank, problem in
      ProcessLoss(rank: rank, count: place.count, name: names[rank], problem: problem)
    }
  }

  private static func often(_ name: String, while signs: SignsOfLife, _ work: @escaping @Sendable () -> Void) {
    let thread = Thread {
      while !signs.isStopped {
        work()
        Thread.sleep(forTimeInterval: 0.5)
      }
    }
    thread.name = name
    thread.start()
  }
}

/// One of the processes that train together has ended or stopped answering.
public struct ProcessLoss: Error, Equatable, Sendable, CustomStringConvertible {
  public let rank: Int
  public let count: Int
  /// What the process called itself.
  public let name: String
  /// What it said before it ended, if it could.
  public let problem: String?

  public var description: String {
    let what = problem.map { "failed: \($0.hasSuffix(".") ? $0.dropLast() : $0[...])" } ?? "ended or stopped answering"
    return "Process \(rank) of \(count) (\(name)) \(what)"
  }
}

/// When each process was heard of last. Everything is touched under the lock only.
private final class SignsOfLife: @unchecked Sendable {
  private let lock = NSLock()
  private var counts: [Int]
  private var heard: [ContinuousClock.Instant]
  private var problems: [Int: String] = [:]
  private var announcement: String?
  private var hasStopped = false

  init(_ count: Int) {
    counts = Array(repeating: 0, count: count)
    heard = Array(repeating: .now, count: count)
  }

  var isStopped: Bool { lock.withLock { hasStopped } }

  func stop() { lock.withLock { hasStopped = true } }

  func announce(_ problem: String) { lock.withLock { announcement = problem } }

  /// Gives a sign, and looks for those of the others.
  func exchange(_ place: ProcessPlace, _ meeting: MeetingPoint) throws {
    if let problem = lock.withLock({ announcement }) { try meeting.set("problem/\(place.rank)", problem) }
    try meeting.add("life/\(place.rank)", 1)
    for rank in 0..<place.count where rank != place.rank {
      let count = try meeting.add("life/\(rank)", 0)
      let problem = try meeting.has("problem/\(rank)") ? try meeting.text("problem/\(rank)") : nil
      lock.withLock {
        if count != counts[rank] { (counts[rank], heard[rank]) = (count, .now) }
        problems[rank] = problem
      }
    }
  }

  /// Another process that told of a problem, or has been silent for `patience` seconds.
  func lost(other own: Int, patience: Double) -> (rank: Int, problem: String?)? {
    lock.withLock {
      if hasStopped { return nil }
      if let told = problems.min(by: { $0.key < $1.key }) { return (told.key, told.value) }
      let silent = heard.indices.filter { $0 != own && heard[$0].duration(to: .now) > .seconds(patience) }
      // Where all are silent at once, it is the store that is gone, and process 0 with it.
      return silent.first.map { ($0, nil) }
    }
  }
}
