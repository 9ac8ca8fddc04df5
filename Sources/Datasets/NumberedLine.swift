import Foundation

/// A line of a list of names with a number: "3 bird", "3: bird", "3,bird" or "bird,3".
struct NumberedLine {
  let number: Int
  let name: String
  /// Whether more than a blank divides the two.
  let hasSeparator: Bool

  private static let separators = CharacterSet(charactersIn: ":,;=\t")

  init(number: Int, name: String) { (self.number, self.name, hasSeparator) = (number, name, true) }

  /// Nil where the line is of another form.
  init?(_ line: String) {
    let sign = line.prefix { $0 == "-" }
    let digits = line.prefix(sign.count + line.dropFirst(sign.count).prefix { $0.isASCII && $0.isNumber }.count)
    let rest = line[digits.endIndex...]
    if let number = Int(digits), let next = rest.unicodeScalars.first {
      let isDivided = Self.separators.contains(next)
      guard isDivided || next.properties.isWhitespace else { return nil }
      let name = (isDivided ? String(rest.unicodeScalars.dropFirst()) : String(rest))
        .trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty else { return nil }
      (self.number, self.name, hasSeparator) = (number, name, isDivided)
      return
    }
    let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    guard fields.count == 2, !fields[0].isEmpty, let number = Int(fields[1]) else { return nil }
    (self.number, self.name, hasSeparator) = (number, fields[0], true)
  }
}
