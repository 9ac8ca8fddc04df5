import Files
import Foundation

/// The folder of a run, and what lies where in it.
public struct RunFolder: Sendable, Equatable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// The state to continue from.
  public var lastCheckpoint: String { "\(path)/last.safetensors" }
  /// Weights of the best validation.
  public var bestCheckpoint: String { "\(path)/best.safetensors" }
  /// Losses and validations, one JSON object per line.
  public var metrics: String { "\(path)/metrics.jsonl" }
  /// The console messages, with times.
  public var log: String { "\(path)/train.log" }
  /// When, how and with what software the run was started and continued, as JSON.
  public var starts: String { "\(path)/run.json" }
  /// The resolved settings.
  public var settings: String { "\(path)/settings.yaml" }
  /// Result of the last evaluation.
  public var evaluation: String { "\(path)/evaluation.json" }
  /// The page that shows what was learnt.
  public var report: String { "\(path)/report.html" }
}

/// The console messages of a run, one line each with its time, over all starts of the run.
public final class RunLog {
  private let file: RecordFile
  private let clock = ISO8601DateFormatter()

  /// Opens the log at `path`, or begins it.
  public init(_ path: String) throws(FileError) { file = try RecordFile(path) }

  /// Adds a line. A disk that is full ends the run where numbers are lost, not here.
  public func append(_ text: String) {
    try? file.append(Data("\(clock.string(from: .now)) \(text.printable)\n".utf8))
  }
}

/// Time spent in a run, and images per second since the rate was last asked for.
struct RunClock {
  private let start = ContinuousClock.now
  private let secondsBefore: Double
  private var rateStart = ContinuousClock.now
  private var images = 0

  init(secondsBefore: Double) { self.secondsBefore = secondsBefore }

  var seconds: Double { secondsBefore + (ContinuousClock.now - start) / .seconds(1) }

  mutating func count(images: Int) { self.images += images }

  mutating func imagesPerSecond() -> Double {
    let elapsed = (ContinuousClock.now - rateStart) / .seconds(1)
    defer { restartRate() }
    return elapsed > 0 ? Double(images) / elapsed : 0
  }

  /// Leaves out what was not training, such as a validation.
  mutating func restartRate() {
    images = 0
    rateStart = .now
  }
}
