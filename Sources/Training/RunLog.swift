import Files
import Foundation

/// What a run told people, one line each with its time, added to over all starts of the run.
public final class RunLog {
  private let handle: FileHandle
  private let clock = ISO8601DateFormatter()

  /// Opens the log at `path`, or begins it.
  public init(_ path: String) throws(FileError) {
    if !FileManager.default.fileExists(atPath: path) { try OutputFile.write("", to: path) }
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw FileError(path, .inaccessible, "cannot be opened for writing; check its permissions")
    }
    handle.seekToEndOfFile()
    self.handle = handle
  }

  /// Adds a line. A disk that is full ends the run where numbers are lost, not here.
  public func append(_ text: String) {
    try? handle.write(contentsOf: Data("\(clock.string(from: .now)) \(text)\n".utf8))
  }
}
