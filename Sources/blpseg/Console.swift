import Files
import Foundation

/// The console: results on standard output, messages and progress on standard error.
///
/// Names from files and arguments are shown without anything that a terminal would interpret. Failed writes to standard
/// error are ignored; failed writes of results to standard output are reported at the end, by `exitCode`.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1
  nonisolated(unsafe) private static var hasOpenLine = false
  /// When something was last written to standard error.
  nonisolated(unsafe) private static var lastMessage = ContinuousClock.now
  /// Why results are missing on standard output.
  nonisolated(unsafe) private static var lossCode: Int32?

  /// Time between lines of progress where a line cannot be replaced.
  private static let silence = Duration.seconds(10)

  /// The name of this process among several, nil where there is one.
  nonisolated(unsafe) static var speaker: String?

  /// What the lines are about, written before each of them; nil where that is plain.
  nonisolated(unsafe) static var topic: String?
  private static var prefix: String { topic.map { "\($0): " } ?? "" }

  static func error(_ message: String) { line("blpseg\(speaker.map { " (\($0))" } ?? ""): \(message)") }

  /// Prints a line that is not replaced.
  static func line(_ text: String) {
    clear()
    write((prefix + text).printable + "\n")
  }

  /// Prints lines unchanged that are not replaced, such as a usage.
  static func lines(_ text: String) {
    clear()
    write(text.printableLines + "\n")
  }

  /// Lines on standard output: the result of the command.
  static func result(_ text: String) { writeResult(text.printableLines) }

  /// One line on standard output, whatever characters the names in it contain.
  static func result(line text: String) { writeResult(text.printable) }

  /// The code to exit with, which is `code` unless results were lost: then this prints an error, and success becomes
  /// failure.
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

  /// A progress line with the amount done, and the time that the rest will take at the rate since `start`.
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

  /// Ends as other programs do when their reader, such as `head`, has closed the pipe: silently, by SIGPIPE.
  private static func endAsOthersDo() {
    signal(SIGPIPE, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(SIGPIPE)
  }
}

/// The contents of a progress line, fitted to the width of a terminal: the bar shrinks first, then the least important
/// parts are left out; the amount done and the time left stay.
struct ProgressLine {
  var done: Int
  var total: Int
  /// The parts after the numbers, in order.
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
  /// The smallest useful width of a bar.
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

/// Standard output or standard error, written so that no failure ends the program.
struct StandardStream {
  static let output = StandardStream(descriptor: STDOUT_FILENO)
  static let error = StandardStream(descriptor: STDERR_FILENO)

  private let descriptor: Int32

  /// To be called before anything else: opens /dev/null for descriptors that the parent process has closed, so that no
  /// file opened later gets their numbers and the messages, and lets writes to closed pipes fail.
  static func prepare() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      // Opened in the opposite mode, so that writes fail instead of seeming to succeed. The lowest free number is the
      // missing one.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
    signal(SIGPIPE, SIG_IGN)
  }

  /// Writes all of `text`; returns the error code where that fails.
  func write(_ text: String) -> Int32? {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let written = Foundation.write(descriptor, rest.baseAddress, rest.count)
        if written >= 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        } else if errno == EAGAIN {
          waitForRoom()
        } else if errno != EINTR {
          return errno
        }
      }
      return nil
    }
  }

  /// Waits until a pipe or a terminal in non-blocking mode takes more.
  private func waitForRoom() {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = poll(&request, 1, 1000)
  }
}
