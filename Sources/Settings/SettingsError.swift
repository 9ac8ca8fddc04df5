/// A setting that cannot be used: where it stands, what was found and what was expected.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file, or the override as it was given.
  public let source: String
  /// The line in the file, from 1; nil for an override.
  public let line: Int?
  /// One sentence without its full stop, which names the setting.
  public let problem: String

  public init(source: String, line: Int? = nil, problem: String) {
    self.source = source
    self.line = line
    self.problem = problem
  }

  public var description: String {
    let position = line.map { "\(source):\($0)" } ?? source
    return "\(position): \(problem)\(problem.hasSuffix("?") ? "" : ".")"
  }
}

/// The name that was probably meant: the one at the smallest edit distance, if a third of its letters or fewer are
/// wrong.
package func nearest(to name: String, among names: [String]) -> String? {
  // A key of a hostile file may be as long as the file.
  guard name.count <= 100 else { return nil }
  let candidates = names.map { (name: $0, distance: editDistance(name, $0)) }
  guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance <= max(1, best.name.count / 3) ? best.name : nil
}

/// How many letters are inserted, deleted, replaced or swapped with their neighbour to turn one word into the other.
private func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first), Array(second))
  var before: [Int] = []
  var row = Array(0...b.count)
  for i in a.indices {
    var next = [i + 1]
    for j in b.indices {
      var distance = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
      if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { distance = min(distance, before[j - 1] + 1) }
      next.append(distance)
    }
    (before, row) = (row, next)
  }
  return row[b.count]
}

/// A text of at most 60 characters on one line, for messages.
package func shortened(_ text: String) -> String {
  let line = String(text.prefix(61).map { $0.isNewline ? " " : $0 })
  return line.count > 60 ? String(line.prefix(57)) + "..." : line
}
