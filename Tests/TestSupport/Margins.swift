import Foundation
import Testing

extension BinaryFloatingPoint {
  /// Whether a difference, which is not negative, is at most `tolerance`. `Margins` keeps how much of it was taken.
  public func isWithin(_ tolerance: Self, fileID: String = #fileID, line: Int = #line) -> Bool {
    let share = self == 0 ? 0 : Double(self) / Double(tolerance)
    Margins.note("\(share)\t\(Double(self))\t\(Double(tolerance))\t\(fileID):\(line)\t\(Test.current?.name ?? "")")
    return self <= tolerance
  }
}

/// The margins of tests: where `BLPSEG_MARGINS` names a file, every comparison adds a line to it, of the
/// difference over the tolerance, both of them, file and line, and the test, with tabs between.
private enum Margins {
  private static let file: FileHandle? = {
    guard let path = ProcessInfo.processInfo.environment["BLPSEG_MARGINS"] else { return nil }
    if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    return FileHandle(forUpdatingAtPath: path)
  }()
  private static let lock = NSLock()

  static func note(_ line: @autoclosure () -> String) {
    guard let file else { return }
    lock.withLock {
      _ = try? file.seekToEnd()
      try? file.write(contentsOf: Data("\(line())\n".utf8))
    }
  }
}
