import Files
import Foundation

/// What a run told people, one line each with its time, added to over all starts of the run.
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
