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
