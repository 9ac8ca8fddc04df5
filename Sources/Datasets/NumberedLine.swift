import Foundation

/// A line of a list of names that begins with a number: "3 bird" or "3: bird".
struct NumberedLine {
  let number: Int
  let name: String

  init(number: Int, name: String) { (self.number, self.name) = (number, name) }

  /// Nil where the line is of another form.
  init?(_ line: String) {
    let parts = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    guard parts.count == 2, let number = Int(parts[0].hasSuffix(":") ? parts[0].dropLast() : parts[0]) else {
      return nil
    }
    self.init(number: number, name: parts[1].trimmingCharacters(in: .whitespaces))
  }
}
