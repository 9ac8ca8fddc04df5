import Foundation

/// Standard error: messages, and a progress line that is drawn over while it is a terminal.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1
  nonisolated(unsafe) private static var hasOpenLine = false

  /// Which of several processes speaks, nil where there is one.
  nonisolated(unsafe) static var speaker: String?

  static func error(_ message: String) { line("blpseg\(speaker.map { " (\($0))" } ?? ""): \(message)") }

  /// A line that stays.
  static func line(_ text: String) {
    clear()
    write(text + "\n")
  }

  /// A line that stays, on standard output: what the command was asked for.
  static func result(_ text: String) {
    clear()
    print(text)
    // Whoever reads a pipe sees each line as it comes.
    fflush(nil)
  }

  /// A line that the next one replaces; printed on a terminal only.
  static func progress(_ text: String) {
    guard isTerminal else { return }
    // A line that wraps could not be replaced.
    write("\r\u{1B}[K" + text.prefix(max(1, columns - 1)))
    hasOpenLine = true
  }

  /// A progress line that tells how much is done, and how long the rest will take at the pace since `start`.
  static func progress(_ what: String, _ done: Int, of total: Int, since start: ContinuousClock.Instant) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let rest = seconds / Double(max(1, done)) * Double(total - done)
    progress("\(bar(done, of: total)) \(done)/\(total)  \(what)  \(clock(rest)) left")
  }

  /// A bar of 20 places.
  static func bar(_ done: Int, of total: Int) -> String {
    let filled = total > 0 ? min(20, 20 * done / total) : 0
    return String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
  }

  /// Seconds as 1:02:03 or 4:05.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(min(max(0, seconds.rounded()), 1e9))
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }

  /// Characters in a row of the terminal.
  private static var columns: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  private static func clear() {
    if hasOpenLine { write("\r\u{1B}[K") }
    hasOpenLine = false
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
