import Files
import Foundation

/// The console: results on standard output, messages and progress on standard error.
///
/// Names from files and arguments are shown such that a terminal obeys nothing in them. What standard error does not take
/// is dropped; results that standard output does not take are told at the end, by `exitCode`.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1
  nonisolated(unsafe) private static var hasOpenLine = false
  /// When something was last written to standard error.
  nonisolated(unsafe) private static var lastMessage = ContinuousClock.now
  /// Why results are missing on standard output.
  nonisolated(unsafe) private static var lossCode: Int32?

  /// How long progress stays silent where no line can be drawn over.
  private static let silence = Duration.seconds(10)

  /// Which of several processes speaks, nil where there is one.
  nonisolated(unsafe) static var speaker: String?

  /// What the lines are about, written before each of them; nil where that is plain.
  nonisolated(unsafe) static var topic: String?
  private static var prefix: String { topic.map { "\($0): " } ?? "" }

  static func error(_ message: String) { line("blpseg\(speaker.map { " (\($0))" } ?? ""): \(message)") }

  /// A line that stays.
  static func line(_ text: String) {
    clear()
    write((prefix + text).printable + "\n")
  }

  /// Lines that stay, as they are, such as a usage.
  static func lines(_ text: String) {
    clear()
    write(text.printableLines + "\n")
  }

  /// Lines on standard output: the result of the command.
  static func result(_ text: String) { writeResult(text.printableLines) }

  /// One line on standard output, whatever the names in it hold.
  static func result(line text: String) { writeResult(text.printable) }

  /// The code to exit with, which is `code` unless results were lost: then this says so, and success becomes failure.
  static func exitCode(_ code: Int32) -> Int32 {
    guard let lossCode else { return code }
    error("Results are missing: standard output cannot be written (\(String(cString: strerror(lossCode)))).")
    return code == 0 ? 1 : code
  }

  /// A line that the next one replaces; where there is no terminal, a line that stays every ten seconds.
  static func progress(_ text: String) {
    if isTerminal {
      draw(prefix + text)
    } else if ContinuousClock.now - lastMessage >= silence {
      line(text)
    }
  }

  /// The same, fitted to the width of the terminal.
  static func progress(_ line: ProgressLine) {
    progress(isTerminal ? line.text(columns: columns - 1 - prefix.count) : line.text)
  }

  /// A progress line that tells how much is done, and how long the rest will take at the pace since `start`.
  static func progress(_ what: String, _ done: Int, of total: Int, since start: ContinuousClock.Instant) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let rest = seconds / Double(max(1, done)) * Double(total - done)
    progress(ProgressLine(done: done, total: total, parts: [.init(what)], secondsLeft: rest))
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

  private static func draw(_ text: String) {
    // A line that wraps could not be replaced.
    write("\r\u{1B}[K" + text.printable.prefix(max(1, columns - 1)))
    hasOpenLine = true
  }

  private static func clear() {
    if hasOpenLine { write("\r\u{1B}[K") }
    hasOpenLine = false
  }

  private static func write(_ text: String) {
    _ = StandardStream.error.write(text)
    lastMessage = .now
  }

  private static func writeResult(_ text: String) {
    clear()
    guard lossCode == nil, let code = StandardStream.output.write(text.hasSuffix("\n") ? text : text + "\n")
    else { return }
    if code == EPIPE { endAsOthersDo() }
    lossCode = code
  }

  /// Ends as programs do whose reader wants no more, such as `head`: without a word, by the signal for it.
  private static func endAsOthersDo() {
    signal(SIGPIPE, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(SIGPIPE)
  }
}

/// What a progress line tells, fitted to the width of a terminal: the bar shrinks first, then what matters least is left
/// out; how much is done and the time left stay.
struct ProgressLine {
  var done: Int
  var total: Int
  /// What follows the numbers, in order.
  var parts: [Part] = []
  /// Seconds until the end; nil while unknown.
  var secondsLeft: Double?

  struct Part {
    let text: String
    /// Parts of the highest rank are left out first; those of rank 0 stay.
    let rank: Int

    init(_ text: String, rank: Int = 0) {
      self.text = text
      self.rank = rank
    }
  }

  private static let longestBar = 20
  /// A bar of fewer places tells nothing.
  private static let shortestBar = 4

  /// The line without a bar.
  var text: String { text(ofRank: .max) }

  /// The line with a bar, in at most `columns` characters as far as that is possible.
  func text(columns: Int) -> String {
    for rank in Set(parts.map(\.rank) + [0]).sorted(by: >) {
      let text = text(ofRank: rank)
      let room = columns - text.count - 1
      if room >= Self.shortestBar { return "\(bar(min(room, Self.longestBar))) \(text)" }
      if text.count <= columns { return text }
    }
    return text(ofRank: 0)
  }

  private func text(ofRank limit: Int) -> String {
    let left = secondsLeft.map { ["\(Console.clock($0)) left"] } ?? []
    return (["\(done)/\(total)"] + parts.filter { $0.rank <= limit }.map(\.text) + left).joined(separator: "  ")
  }

  private func bar(_ places: Int) -> String {
    let filled = total > 0 ? min(places, places * done / total) : 0
    return String(repeating: "█", count: filled) + String(repeating: "░", count: places - filled)
  }
}
