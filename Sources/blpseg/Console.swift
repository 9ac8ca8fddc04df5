import Foundation

/// Standard error: messages, and a progress line that is drawn over while it is a terminal.
enum Console {
  private static let isTerminal = isatty(STDERR_FILENO) == 1
  nonisolated(unsafe) private static var hasOpenLine = false

  static func error(_ message: String) { line("blpseg: \(message)") }

  /// A line that stays.
  static func line(_ text: String) {
    write((hasOpenLine ? "\r\u{1B}[K" : "") + text + "\n")
    hasOpenLine = false
  }

  /// A line that the next one replaces; printed on a terminal only.
  static func progress(_ text: String) {
    guard isTerminal else { return }
    write("\r\u{1B}[K" + text)
    hasOpenLine = true
  }

  /// A bar of 20 places.
  static func bar(_ done: Int, of total: Int) -> String {
    let filled = total > 0 ? 20 * done / total : 0
    return String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
  }

  /// Seconds as 1:02:03 or 4:05.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
